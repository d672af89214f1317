package dev.lathe.report.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.Model;
import dev.lathe.Session;
import dev.lathe.error.ToleranceException;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.measure.Effort;
import dev.lathe.measure.Peer;
import dev.lathe.measure.SeededInputs;
import dev.lathe.measure.Workload;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.onnx.Overwrite;
import dev.lathe.runtime.InputCheck;
import dev.lathe.runtime.RunOptions;
import dev.lathe.sample.Topologies;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchRunTest {

  @TempDir Path folder;

  /** Lathe again, with a value added to every output. */
  private record Shifted(float by) implements Peer {

    @Override
    public String id() {
      return "shifted";
    }

    @Override
    public String description() {
      return "shifted by " + by;
    }

    @Override
    public PeerSession open(Path model, int threads) {
      Session session = Session.open(Model.load(model), RunOptions.standard().withThreads(threads));
      return new PeerSession() {
        @Override
        public List<Tensor> run(List<Tensor> inputs) {
          String name = session.inputs().getFirst().name();
          return session.run(Map.of(name, inputs.getFirst())).values().stream()
              .map(tensor -> shifted(tensor))
              .toList();
        }

        @Override
        public Workload workload(String name, List<Tensor> inputs) {
          return Workload.of(name, () -> run(inputs));
        }

        @Override
        public void close() {
          session.close();
        }
      };
    }

    private Tensor shifted(Tensor tensor) {
      float[] values = tensor.toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] += by;
      }
      return Tensor.of(values, tensor.shape().dims());
    }
  }

  private BenchSetup setup(Peer peer) {
    Path model = folder.resolve("lenet5.onnx");
    OnnxWriter.write(Topologies.build("lenet5", 1), model, Overwrite.REPLACE);
    return new BenchSetup(
        List.of(model),
        RunOptions.standard().withThreads(1),
        peer,
        network ->
            InputCheck.declared(network.graph().inputs(), 1).stream()
                .map(fact -> SeededInputs.of(fact, 1))
                .toList(),
        new Effort(Duration.ofMillis(50), Duration.ofMillis(50), 0, 30),
        null,
        false,
        0);
  }

  @Test
  void aChainOfPlansIsTimedWithoutProfile() {
    Graph graph =
        new Graph(
            "chain",
            List.of(
                new ValueInfo(
                    "x", DType.FLOAT32, List.of(new Dim.Fixed(2), new Dim.Fixed(8)), null)),
            List.of(new ValueInfo("y", DType.INT64, null, null)),
            Map.of(),
            List.of(
                Node.of("relu", "", "Relu", List.of("x"), List.of("positive"), Map.of()),
                Node.of("places", "", "NonZero", List.of("positive"), List.of("y"), Map.of())),
            Map.of(),
            null);
    Path model = folder.resolve("chain.onnx");
    OnnxWriter.write(
        new Network(8, Map.of("", 17L), graph, "test", Map.of(), null), model, Overwrite.REPLACE);
    BenchSetup lenet = setup(new Shifted(0));
    BenchSetup setup =
        new BenchSetup(
            List.of(model), lenet.options(), null, lenet.inputs(), lenet.effort(), null, true, 1);

    BenchReport report = BenchRun.of(setup, (task, done, total) -> {});

    assertThat(report.runs()).hasSize(1);
    assertThat(report.runs().getFirst().latency().p50()).isPositive();
    assertThat(report.profiles()).isEmpty();
  }

  @Test
  void anAgreeingPeerIsComparedOnce() {
    BenchReport report = BenchRun.of(setup(new Shifted(0)), (task, done, total) -> {});

    assertThat(report.runs())
        .extracting(BenchReport.Run::engine)
        .containsExactly("lathe", "shifted");
    assertThat(report.ratios()).hasSize(1);
    assertThat(report.ratios().getFirst().blocks()).isEqualTo(30);
    assertThat(report.agreements().getFirst().difference().maxAbs()).isZero();
    assertThat(report.peaks().fma().gmacs()).isPositive();
    assertThat(Remarks.of(report)).anyMatch(remark -> remark.contains("lenet5.onnx on shifted"));
  }

  @Test
  void aDisagreeingPeerIsNotTimed() {
    assertThatThrownBy(() -> BenchRun.of(setup(new Shifted(1)), (task, done, total) -> {}))
        .isInstanceOfSatisfying(
            ToleranceException.class, e -> assertThat(e.exitCode()).isEqualTo(5))
        .hasMessageContaining("differs from shifted by 1");
  }

  @Test
  void namesOfFilesStayDistinct() {
    assertThat(Names.of(List.of(Path.of("m/a.onnx"), Path.of("m/b.onnx"), Path.of("m/a.onnx"))))
        .containsExactly("a.onnx", "b.onnx", "a.onnx#2");
    assertThat(Names.of(List.of(Path.of("m/a.onnx"), Path.of("n/a.onnx"))))
        .containsExactly("m/a.onnx", "n/a.onnx");
  }
}
