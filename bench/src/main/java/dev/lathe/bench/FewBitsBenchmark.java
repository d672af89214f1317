package dev.lathe.bench;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.measure.SeededInputs;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Matrix-vector products of 4096 x 4096 one after the other, out of cache: MatMulNBits of 4 and 2
 * bits, with activations in float32 (accuracy level 0) or rounded to int8 (level 4), and MatMul.
 * One thread; the time is that of one product.
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
public class FewBitsBenchmark {

  private static final int SIZE = 4096;
  private static final int PRODUCTS = 8;

  /** Bits of a weight; 32 is float32. */
  @Param({"32", "4", "2"})
  public int bits = 4;

  /** Of activations. */
  @Param({"0", "4"})
  public int accuracyLevel = 0;

  /** Weights of a scale. */
  @Param({"32", "128"})
  public int block = 32;

  private OneNetwork one;

  /** For JMH. */
  public FewBitsBenchmark() {}

  /** Opens the products. */
  @Setup(Level.Trial)
  public void open() {
    String activations = accuracyLevel == 0 ? "f32" : "s8";
    String kernel = bits == 32 ? "f32_brgemm" : activations + "s" + bits + "_gemm";
    one = new OneNetwork(network()).on(kernel);
  }

  private Network network() {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < PRODUCTS; i++) {
      List<String> output = List.of(i + 1 == PRODUCTS ? "y" : "x" + (i + 1));
      String input = i == 0 ? "x" : "x" + i;
      if (bits == 32) {
        constants.put("w" + i, random(DType.FLOAT32, i, SIZE, SIZE));
        nodes.add(Node.of("p" + i, "", "MatMul", List.of(input, "w" + i), output, Map.of()));
      } else {
        constants.put("w" + i, random(DType.UINT8, i, SIZE, SIZE / block, block * bits / 8));
        constants.put("s" + i, random(DType.FLOAT32, i, (long) SIZE * SIZE / block));
        Map<String, Attribute> attributes =
            Map.of(
                "K", new Attribute.Int(SIZE),
                "N", new Attribute.Int(SIZE),
                "bits", new Attribute.Int(bits),
                "block_size", new Attribute.Int(block),
                "accuracy_level", new Attribute.Int(accuracyLevel));
        List<String> inputs = List.of(input, "w" + i, "s" + i);
        nodes.add(Node.of("p" + i, "com.microsoft", "MatMulNBits", inputs, output, attributes));
      }
    }
    Graph graph =
        new Graph(
            "few bits",
            List.of(ValueInfo.of("x", DType.FLOAT32, 1, SIZE)),
            List.of(ValueInfo.of("y", DType.FLOAT32, 1, SIZE)),
            constants,
            nodes,
            Map.of(),
            null);
    return new Network(
        10, Map.of("", 21L, "com.microsoft", 1L), graph, "lathe-bench", Map.of(), null);
  }

  private static Tensor random(DType type, long seed, long... dims) {
    return SeededInputs.of(TensorFact.of(type, Shape.of(dims)), seed);
  }

  /** Eight products. */
  @Benchmark
  @OperationsPerInvocation(PRODUCTS)
  public void run() {
    one.run();
  }

  /** Frees the network. */
  @TearDown(Level.Trial)
  public void close() {
    one.close();
  }
}
