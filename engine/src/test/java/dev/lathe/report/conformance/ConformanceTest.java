package dev.lathe.report.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lathe.graph.Network;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.report.doctor.Checkup;
import dev.lathe.runtime.InputCheck;
import dev.lathe.runtime.RunOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * ONNX's own backend tests, as Debian packages them ({@code libonnx-testdata} 1.12). Cases Lathe
 * does not run are listed with the reason in {@code unsupported.txt}, so that neither a case that
 * is lost nor one that is won goes unnoticed.
 */
class ConformanceTest {

  private static final Path SUITE = Path.of("/usr/share/libonnx-testdata/data");
  private static final int SUITE_CASES = 1081;
  private static final String LIST = "unsupported.txt";

  private static List<CaseResult> results = List.of();

  @BeforeAll
  static void runTheSuite() {
    assumeTrue(
        Files.isDirectory(SUITE), "needs ONNX's test data: apt-get install libonnx-testdata");
    CaseRunner runner = new CaseRunner(RunOptions.standard().withThreads(1), Closeness.ONNX);
    List<CaseResult> all = new ArrayList<>();
    TestCase.in(SUITE).forEach(test -> all.add(runner.run(test)));
    results = all;
  }

  @Test
  void noCaseGivesAWrongAnswerOrAnError() {
    assertThat(new ConformanceReport(results).failures()).isEmpty();
  }

  @Test
  void theUnsupportedCasesAreTheListedOnes() throws IOException {
    assumeTrue(results.size() == SUITE_CASES, "the list is of another version of the suite");
    List<String> actual =
        results.stream()
            .filter(each -> each.outcome() == Outcome.UNSUPPORTED)
            .map(each -> each.name() + ": " + each.why())
            .toList();
    Path current = Path.of("target", LIST);
    Files.createDirectories(current.getParent());
    Files.write(current, actual);

    String remedy = "; if it is meant, copy engine/" + current + " over the list of this test";
    assertThat(without(actual, listed())).as("cases that are not listed" + remedy).isEmpty();
    assertThat(without(listed(), actual)).as("listed cases that run now" + remedy).isEmpty();
  }

  /**
   * What passed runs, says the doctor; what does not run has an obstacle, or is not known ahead.
   */
  @Test
  void theDoctorAgrees() {
    List<String> contradictions = new ArrayList<>();
    for (CaseResult each : results) {
      boolean passed = each.outcome() == Outcome.PASSED;
      if (!passed && (each.outcome() != Outcome.UNSUPPORTED || each.operators().isEmpty())) {
        continue;
      }
      Network network = OnnxReader.read(SUITE.resolve(each.name()).resolve(TestCase.MODEL));
      Map<String, TensorFact> inputs = new LinkedHashMap<>();
      for (ValueInfo input : network.graph().inputs()) {
        if (input.dims() != null && input.dtype() != null) {
          inputs.put(input.name(), InputCheck.declared(List.of(input), 1).getFirst());
        }
      }
      Checkup checkup =
          Checkup.of(network, List.of(inputs), false, RunOptions.standard().withThreads(1));
      boolean doubtful = !checkup.waiting().isEmpty() || checkup.unchecked() > 0;
      if (passed != checkup.runs() && (passed || !doubtful)) {
        contradictions.add(each + ": " + checkup.obstacles());
      }
    }
    assertThat(contradictions).isEmpty();
  }

  private static List<String> without(List<String> all, List<String> some) {
    List<String> rest = new ArrayList<>(all);
    rest.removeAll(some);
    return rest;
  }

  private static List<String> listed() throws IOException {
    try (var list = Objects.requireNonNull(ConformanceTest.class.getResourceAsStream(LIST))) {
      return new String(list.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }
}
