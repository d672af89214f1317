package dev.lathe.cli;

import dev.lathe.error.InternalException;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.error.ToleranceException;
import dev.lathe.report.Environment;
import dev.lathe.report.conformance.CaseResult;
import dev.lathe.report.conformance.CaseRunner;
import dev.lathe.report.conformance.Closeness;
import dev.lathe.report.conformance.ConformanceReport;
import dev.lathe.report.conformance.Outcome;
import dev.lathe.report.conformance.TestCase;
import dev.lathe.runtime.RunOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe conformance}. */
@Command(
    name = "conformance",
    description = {
      "Runs ONNX backend test cases: folders with model.onnx and test_data_set_*.",
      "Exit code 5 for a wrong answer, 1 for an error; unsupported cases are no failure."
    },
    mixinStandardHelpOptions = true)
final class ConformanceCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin EngineOptions engine;

  @Parameters(
      paramLabel = "DIR",
      description = "A case or a folder of them, such as onnx/backend/test/data.")
  @Nullable Path folder;

  @Option(
      names = "--filter",
      paramLabel = "RE",
      description = "Only cases in whose name this regular expression is found.")
  @Nullable Pattern filter;

  @Option(names = "--list", description = "Show every case that did not pass, with the reason.")
  boolean list;

  @Option(
      names = "--rtol",
      paramLabel = "X",
      description = "Relative tolerance (default: 1e-3, as ONNX's own runner).")
  double relative = Closeness.ONNX.relative();

  @Option(
      names = "--atol",
      paramLabel = "X",
      description = "Absolute tolerance (default: 1e-7, as ONNX's own runner).")
  double absolute = Closeness.ONNX.absolute();

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    RunOptions options = engine.runOptions(1);
    CaseRunner runner = new CaseRunner(options, new Closeness(relative, absolute));
    List<TestCase> tests = chosen(TestCase.in(Objects.requireNonNull(folder)));
    List<CaseResult> results = new ArrayList<>();
    Console.Progress progress = console.progress("conformance");
    for (TestCase test : tests) {
      results.add(runner.run(test));
      progress.update(results.size(), tests.size());
    }
    ConformanceReport report = new ConformanceReport(results);
    print(console, report);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("environment", Environment.of(options).json());
    json.putAll(report.json());
    JsonFile.write(common, json);
    fail(report);
    return 0;
  }

  private List<TestCase> chosen(List<TestCase> all) {
    if (filter == null) {
      return all;
    }
    List<TestCase> chosen =
        all.stream().filter(test -> filter.matcher(test.name()).find()).toList();
    if (chosen.isEmpty()) {
      throw new InvalidDataException(
          new Problem(
              "no case matches '" + filter + "'",
              "option --filter",
              "there are " + all.size() + " cases, the first is " + all.getFirst().name(),
              "change the expression"));
    }
    return chosen;
  }

  private void print(Console console, ConformanceReport report) {
    operators(report).lines().forEach(console::print);
    console.print("");
    if (list) {
      Table table = new Table("case", "result", "why", "where");
      for (CaseResult each : report.cases()) {
        if (each.outcome() != Outcome.PASSED) {
          table.row(each.name(), each.outcome().toString(), each.why(), each.where());
        }
      }
      table.lines().forEach(console::print);
    } else {
      Table table = new Table("result", "cases", "why", "first case");
      for (ConformanceReport.Reason reason : report.reasons()) {
        table.row(
            reason.outcome().toString(),
            Integer.toString(reason.cases()),
            reason.why(),
            reason.example());
      }
      table.lines().forEach(console::print);
    }
    console.print("");
    console.print(
        report.cases().size()
            + " cases: "
            + report.count(Outcome.PASSED)
            + " passed, "
            + report.count(Outcome.WRONG)
            + " wrong, "
            + report.count(Outcome.ERROR)
            + " errors, "
            + report.count(Outcome.UNSUPPORTED)
            + " unsupported, "
            + report.count(Outcome.SKIPPED)
            + " skipped");
  }

  private static Table operators(ConformanceReport report) {
    Table table =
        new Table("operator", "cases", "passed", "wrong", "errors", "unsupported", "skipped");
    report
        .operators()
        .forEach(
            (operator, counts) ->
                table.row(
                    operator,
                    count(counts.values().stream().mapToInt(Integer::intValue).sum()),
                    count(counts.getOrDefault(Outcome.PASSED, 0)),
                    count(counts.getOrDefault(Outcome.WRONG, 0)),
                    count(counts.getOrDefault(Outcome.ERROR, 0)),
                    count(counts.getOrDefault(Outcome.UNSUPPORTED, 0)),
                    count(counts.getOrDefault(Outcome.SKIPPED, 0))));
    return table;
  }

  private static String count(int cases) {
    return cases == 0 ? "" : Integer.toString(cases);
  }

  private static void fail(ConformanceReport report) {
    List<Problem> wrong = problems(report, Outcome.WRONG);
    if (!wrong.isEmpty()) {
      throw new ToleranceException(wrong);
    }
    List<Problem> errors = problems(report, Outcome.ERROR);
    if (!errors.isEmpty()) {
      throw new InternalException(errors);
    }
  }

  private static List<Problem> problems(ConformanceReport report, Outcome outcome) {
    return report.cases().stream()
        .filter(each -> each.outcome() == outcome)
        .map(each -> Problem.of(each.name() + ": " + each.why(), each.where()))
        .toList();
  }
}
