package dev.lathe.bench;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.measure.SeededInputs;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Products of signs: MatMul of Sign(x) and a binary matrix, packing of the signs included, or the
 * same product in float32 of x as it is. Extents are those of ResNet-50's 3x3 layers, and a cube.
 * One thread.
 */
@SuppressWarnings("NullAway.Init") // JMH calls open() first
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Thread)
@Fork(
    value = 2,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class SignsBenchmark {

  /** Rows, depth and columns. */
  @Param({"1024x1024x1024", "3136x576x64", "784x1152x128", "196x2304x256", "49x4608x512"})
  public String product = "1024x1024x1024";

  /** Whether activations are signs. */
  @Param({"false", "true"})
  public boolean signs = true;

  private OneNetwork one;

  /** For JMH. */
  public SignsBenchmark() {}

  /** Opens the product. */
  @Setup(Level.Trial)
  public void open() {
    one = new OneNetwork(network()).on(signs ? "b1_brgemm" : "f32_brgemm");
  }

  private Network network() {
    String[] extents = product.split("x", -1);
    int m = Integer.parseInt(extents[0]);
    int k = Integer.parseInt(extents[1]);
    int n = Integer.parseInt(extents[2]);
    float[] weights = SeededInputs.of(TensorFact.of(DType.FLOAT32, Shape.of(k, n)), 7).toFloats();
    for (int i = 0; i < weights.length; i++) {
      weights[i] = weights[i] < 0 ? -1 : 1;
    }
    Node sign = Node.of("sign", "", "Sign", List.of("x"), List.of("s"), Map.of());
    Node matmul =
        Node.of("p", "", "MatMul", List.of(signs ? "s" : "x", "w"), List.of("y"), Map.of());
    Graph graph =
        new Graph(
            "signs",
            List.of(ValueInfo.of("x", DType.FLOAT32, m, k)),
            List.of(ValueInfo.of("y", DType.FLOAT32, m, n)),
            Map.of("w", Tensor.of(weights, k, n)),
            signs ? List.of(sign, matmul) : List.of(matmul),
            Map.of(),
            null);
    return new Network(10, Map.of("", 21L), graph, "lathe-bench", Map.of(), null);
  }

  /** One product. */
  @Benchmark
  public void run() {
    one.run();
  }

  /** Frees the network. */
  @TearDown(Level.Trial)
  public void close() {
    one.close();
  }
}
