package dev.lathe.bench;

import dev.lathe.graph.Network;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.dispatch.SparsePolicy;
import dev.lathe.measure.Comparison;
import dev.lathe.measure.SeededInputs;
import dev.lathe.measure.WarmUp;
import dev.lathe.measure.Workload;
import dev.lathe.runtime.Invocation;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Pointwise fp32 layers with single zeros at random, one thread: Lathe's dense and sparse kernels
 * beside XNNPACK's, each against Lathe's dense kernel in ABBA blocks in this process. Arguments are
 * per cents of zeros (default: 75 90). XNNPACK's sparse kernel has its inputs and outputs channels
 * first, Lathe's has them channels last and turns them round in its time.
 */
public final class SparseBaseline {

  private static final List<Layer> LAYERS =
      Stream.of(Layer.values())
          .filter(layer -> layer.kernel == 1 && layer.height > 1 && layer.groups == 1)
          .filter(layer -> layer.name().startsWith("RES") || layer.name().startsWith("MOB"))
          .toList();

  private static final long WARM_UP = 800_000_000;
  private static final int BLOCKS = 60;

  /** Of the largest output. */
  private static final double TOLERANCE = 1e-5;

  private final XnnPack xnnPack;
  private final PrintStream out;

  private SparseBaseline(XnnPack xnnPack, PrintStream out) {
    this.xnnPack = xnnPack;
    this.out = out;
  }

  /** Prints a table per per cent of zeros. */
  public static void main(String[] arguments) {
    Optional<XnnPack> found = XnnPack.load();
    if (found.isEmpty()) {
      System.out.println("skipped: there is no libXNNPACK.so.0 here (Debian: libxnnpack0)");
      return;
    }
    SparseBaseline baseline = new SparseBaseline(found.get(), System.out);
    List<String> zeros = arguments.length == 0 ? List.of("75", "90") : List.of(arguments);
    for (int share : zeros.stream().mapToInt(Integer::parseInt).toArray()) {
      baseline.table(share);
    }
  }

  private void table(int zeros) {
    out.println();
    out.println(zeros + " % zeros, against Lathe's dense kernel");
    out.println();
    out.println(
        "| layer | Lathe dense, us | Lathe sparse | XNNPACK sparse | XNNPACK dense"
            + " | Lathe sparse / XNNPACK sparse |");
    out.println("|---|---|---|---|---|---|");
    for (Layer layer : LAYERS) {
      out.println(line(layer, zeros / 100.0));
    }
  }

  private String line(Layer layer, double zeros) {
    Network network = LayerNetwork.sparse(layer, DType.FLOAT32, zeros, 1, 1);
    float[] weights = Objects.requireNonNull(network.graph().constants().get("w")).toFloats();
    try (Own dense = new Own(network, SparsePolicy.NEVER);
        Own sparse = new Own(network, SparsePolicy.ALWAYS);
        XnnPack.Pointwise outer = xnnPack.pointwise(layer, weights, true);
        XnnPack.Pointwise outerDense = xnnPack.pointwise(layer, weights, false)) {
      float[] input = dense.input.toFloats();
      int pixels = layer.height * layer.width;
      fill(outer.input, turned(input, pixels, layer.in));
      fill(outerDense.input, input);
      Workload base = Workload.of("dense", dense::run);
      Workload own = Workload.of("sparse", sparse::run);
      Workload other = Workload.of("XNNPACK sparse", outer::run);
      Workload otherDense = Workload.of("XNNPACK dense", outerDense::run);
      Stream.of(base, own, other, otherDense).forEach(each -> WarmUp.of(each, WARM_UP));
      float[] expected = dense.output.toFloats();
      check(layer + " sparse", expected, sparse.output.toFloats());
      float[] first = read(outer.output, expected.length);
      check(layer + " XNNPACK sparse", expected, turned(first, layer.out, pixels));
      check(layer + " XNNPACK dense", expected, read(outerDense.output, expected.length));
      Comparison ours = compare(own, base);
      return String.format(
          Locale.ROOT,
          "| %s, %d to %d, %dx%d | %.0f | %s | %s | %s | %s |",
          layer,
          layer.in,
          layer.out,
          layer.height,
          layer.width,
          1e3 * ours.latencyB().min(),
          text(ours),
          text(compare(other, base)),
          text(compare(otherDense, base)),
          text(compare(own, other)));
    }
  }

  private static Comparison compare(Workload a, Workload b) {
    return Comparison.of(a, b, BLOCKS, (done, of) -> {});
  }

  /** The median ratio, and that of the shortest runs. */
  private static String text(Comparison comparison) {
    return String.format(
        Locale.ROOT,
        "%.2fx (%.2fx)",
        comparison.ratio().value(),
        comparison.latencyB().min() / comparison.latencyA().min());
  }

  private static void check(String what, float[] expected, float[] actual) {
    double largest = 0;
    double apart = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      apart = Math.max(apart, Math.abs((double) expected[i] - actual[i]));
    }
    if (!(apart <= TOLERANCE * largest)) {
      throw new IllegalStateException(what + " differs by " + apart + " of " + largest);
    }
  }

  /** A matrix of rows by columns, columns first. */
  private static float[] turned(float[] matrix, int rows, int columns) {
    float[] turned = new float[matrix.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        turned[column * rows + row] = matrix[row * columns + column];
      }
    }
    return turned;
  }

  private static void fill(MemorySegment to, float[] values) {
    MemorySegment.copy(values, 0, to, ValueLayout.JAVA_FLOAT, 0, values.length);
  }

  private static float[] read(MemorySegment from, int count) {
    float[] values = new float[count];
    MemorySegment.copy(from, ValueLayout.JAVA_FLOAT, 0, values, 0, count);
    return values;
  }

  /** A layer on Lathe. */
  private static final class Own implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final NetworkRunner runner;
    private final Invocation invocation;
    private final Tensor input;
    private final Tensor output;

    Own(Network network, SparsePolicy policy) {
      System.setProperty(SparsePolicy.PROPERTY, policy.name().toLowerCase(Locale.ROOT));
      runner = new NetworkRunner(network, RunOptions.standard().withThreads(1));
      TensorFact fact = runner.declaredFacts(1).getFirst();
      input = Tensor.allocate(fact.dtype(), fact.shape(), arena);
      input.data().copyFrom(SeededInputs.of(fact, 1).data());
      invocation = runner.prepare(List.of(fact));
      TensorFact result = invocation.plan().outputs().getFirst();
      output = Tensor.allocate(result.dtype(), result.shape(), arena);
    }

    void run() {
      invocation.run(List.of(input), List.of(output));
    }

    @Override
    public void close() {
      invocation.close();
      runner.close();
      arena.close();
    }
  }
}
