package dev.lathe.bench;

import dev.lathe.graph.Network;
import dev.lathe.kernel.dispatch.SparsePolicy;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;
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
 * fp32 and int8 layers whose weights have zeros, on sparse kernels (ALWAYS) and on dense ones
 * (NEVER), one thread, steady state. Before a layer is timed, its output must equal the dense
 * kernel's.
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
public class SparseBenchmark {

  /** Layers that sparse kernels compute. */
  @Param({
    "RESNET50_CONV2_3X3",
    "RESNET50_CONV3_3X3",
    "RESNET50_CONV4_3X3",
    "RESNET50_CONV5_3X3",
    "RESNET50_CONV2_1X1",
    "RESNET50_CONV4_1X1",
    "MOBILENETV2_EXPAND",
    "MOBILENETV2_PROJECT"
  })
  public Layer layer = Layer.RESNET50_CONV2_3X3;

  /** The type of the weights. */
  @Param({"FLOAT32", "INT8"})
  public DType weights = DType.FLOAT32;

  /**
   * Output channels of the blocks that are zero or not: single weights of float32 and blocks of 1x4
   * of int8, or 4x4.
   */
  @Param({"1", "4"})
  public int side = 1;

  /** Zeros in per cent. */
  @Param({"50", "75", "90"})
  public int zeros = 50;

  /** Which kernels. */
  @Param({"NEVER", "ALWAYS"})
  public SparsePolicy sparse = SparsePolicy.NEVER;

  private OneNetwork one;

  /** For JMH. */
  public SparseBenchmark() {}

  /** Opens the layer and checks it against the dense kernel. */
  @Setup(Level.Trial)
  public void open() {
    Network network =
        LayerNetwork.sparse(layer, weights, zeros / 100.0, side, weights == DType.INT8 ? 4 : side);
    one = open(network, sparse);
    try (OneNetwork dense = open(network, SparsePolicy.NEVER)) {
      if (!same(dense.run(), one.run())) {
        throw new IllegalStateException(layer + " differs from the dense kernel");
      }
    }
  }

  /** Equal as numbers: zeros of float32 may differ in sign. */
  private static boolean same(Tensor expected, Tensor actual) {
    return expected.dtype() == DType.FLOAT32
        ? Arrays.equals(expected.toFloats(), actual.toFloats())
        : expected.data().mismatch(actual.data()) < 0;
  }

  private static OneNetwork open(Network network, SparsePolicy policy) {
    System.setProperty(SparsePolicy.PROPERTY, policy.name().toLowerCase(Locale.ROOT));
    return new OneNetwork(network);
  }

  /** One run of the layer. */
  @Benchmark
  public void run() {
    one.run();
  }

  /** Frees the layer. */
  @TearDown(Level.Trial)
  public void close() {
    one.close();
  }
}
