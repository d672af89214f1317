package dev.lathe.cli;

import dev.lathe.error.LatheException;
import dev.lathe.error.Problem;
import java.util.List;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The {@code lathe} command. */
@Command(
    name = "lathe",
    description = "Compresses ONNX networks and runs them fast on this CPU.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      DoctorCommand.class,
      InspectCommand.class,
      RunCommand.class,
      BenchCommand.class,
      ExplainCommand.class,
      VerifyCommand.class,
      ConformanceCommand.class,
      SampleCommand.class,
      KernelsCommand.class,
      EnvCommand.class,
      QuantizeCommand.class,
      PruneCommand.class,
      FactorizeCommand.class,
      SensitivityCommand.class,
      SimplifyCommand.class,
      CompressCommand.class,
      RebuildCommand.class,
      DiffCommand.class,
      ShareCommand.class,
      CompareCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:success",
      "1:internal error",
      "2:wrong usage",
      "3:unreadable or invalid model or data",
      "4:unsupported operator or type",
      "5:accuracy budget or tolerance not met",
      "6:performance gate not met"
    })
public final class Main {
  private static final int INTERNAL = 1;
  private static final int USAGE = 2;

  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .registerConverter(Pattern.class, new Converters.RegularExpression())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(Main::usageError)
        .setExecutionExceptionHandler(Main::failed);
  }

  private static int usageError(ParameterException error, String[] args) {
    CommandLine command = error.getCommandLine();
    command.getErr().println("lathe: " + error.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(error, command.getErr())) {
      command.getErr().println("see '" + command.getCommandSpec().qualifiedName() + " --help'");
    }
    return USAGE;
  }

  private static int failed(Exception error, CommandLine command, ParseResult parsed) {
    boolean debug = parsed.expandedArgs().contains("--debug");
    if (debug) {
      error.printStackTrace(command.getErr());
    }
    if (error instanceof LatheException reported) {
      print(command, reported.problems());
      return reported.exitCode();
    }
    print(command, List.of(internal(error, debug)));
    return INTERNAL;
  }

  private static Problem internal(Exception error, boolean debug) {
    return new Problem(
        "internal error: " + error,
        "",
        "",
        debug
            ? "please report it with the lines above"
            : "run it again with --debug and report what it prints");
  }

  private static void print(CommandLine command, List<Problem> problems) {
    problems.forEach(problem -> command.getErr().println("lathe: " + problem));
    if (problems.size() > 1) {
      command.getErr().println("lathe: " + problems.size() + " problems");
    }
  }
}
