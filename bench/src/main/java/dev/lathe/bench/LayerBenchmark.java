package dev.lathe.bench;

import dev.lathe.cpu.Isa;
import dev.lathe.graph.Network;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.FmaProbeF32;
import dev.lathe.kernel.dispatch.KernelCatalog;
import dev.lathe.measure.SeededInputs;
import dev.lathe.runtime.Invocation;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * Every {@link Layer} on every tier, one thread, steady state. Before it is timed, a layer's output
 * must equal the scalar tier's bit for bit; a tier this machine lacks is an error of its own
 * benchmarks, so choose tiers with {@code -p isa=}.
 */
@SuppressWarnings("NullAway.Init") // JMH calls open() first
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Thread)
@Fork(
    value = 2,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 8, time = 1)
@Measurement(iterations = 5, time = 1)
public class LayerBenchmark {

  /** Operand types. */
  public enum Types {
    /** fp32. */
    F32,
    /** uint8 activations, int8 weights. */
    U8S8
  }

  /** All layers, unless chosen with {@code -p layer=}. */
  @Param public Layer layer = Layer.GEMM_1024;

  /** Operand types. */
  @Param public Types types = Types.F32;

  /** Tiers of x86-64 and the scalar one. */
  @Param({"SCALAR", "VECTOR128", "VECTOR256", "VECTOR512", "AVX2", "AVXVNNI", "AVX512VNNI", "AMX"})
  public Isa isa = Isa.SCALAR;

  private final Arena arena = Arena.ofShared();
  private NetworkRunner runner;
  private Invocation invocation;
  private List<Tensor> inputs;
  private List<Tensor> outputs;
  private double peak;

  /** For JMH. */
  public LayerBenchmark() {}

  /** Rates beside the operations per second. */
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  @State(Scope.Thread)
  public static class Rates {
    /** 10^9 multiply-accumulates per second. */
    public double gmacs;

    /** Per cent of the fp32 fused multiply-add rate probed in the same process. */
    public double peakPercent;

    /** For JMH. */
    public Rates() {}
  }

  /** Opens the layer, checks it against the scalar tier and probes the peak. */
  @Setup(Level.Trial)
  public void open() {
    Network network = types == Types.F32 ? LayerNetwork.f32(layer) : LayerNetwork.u8s8(layer);
    runner = new NetworkRunner(network, new RunOptions(1, isa));
    TensorFact fact = runner.declaredFacts(1).getFirst();
    Tensor input = Tensor.allocate(fact.dtype(), fact.shape(), arena);
    input.data().copyFrom(SeededInputs.of(fact, 1).data());
    inputs = List.of(input);
    invocation = runner.prepare(List.of(fact));
    TensorFact result = invocation.plan().outputs().getFirst();
    outputs = List.of(Tensor.allocate(result.dtype(), result.shape(), arena));
    invocation.run(inputs, outputs);
    try (NetworkRunner plain = new NetworkRunner(network, new RunOptions(1, Isa.SCALAR))) {
      if (plain.run(inputs).getFirst().data().mismatch(outputs.getFirst().data()) >= 0) {
        throw new IllegalStateException(layer + " " + types + " differs on " + isa);
      }
    }
    peak = peak();
  }

  private static double peak() {
    FmaProbeF32 probe = KernelCatalog.of(FmaProbeF32.class).getFirst();
    double best = 0;
    for (int i = 0; i < 2_000; i++) {
      long start = System.nanoTime();
      float sum = probe.run(20_000);
      long nanos = System.nanoTime() - start;
      best = Math.max(best, Float.isNaN(sum) ? 0 : 20_000.0 * probe.macsPerRound() / nanos);
    }
    return best;
  }

  /** One run of the layer. */
  @Benchmark
  public void run(Rates rates) {
    invocation.run(inputs, outputs);
    rates.gmacs += layer.macs() / 1e9;
    rates.peakPercent += 100 * layer.macs() / 1e9 / peak;
  }

  /** Frees the layer. */
  @TearDown(Level.Trial)
  public void close() {
    invocation.close();
    runner.close();
    arena.close();
  }
}
