package dev.lathe.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code lathe} command. */
@Command(
    name = "lathe",
    description = "Compresses ONNX networks and runs them fast on this CPU.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
public final class Main {
  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main());
  }
}
