package dev.lathe.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.lathe.cpu.Isa;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.dispatch.Machine;
import dev.lathe.measure.SeededInputs;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.sample.SampleData;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SteadyStateTest {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int RUNS = 20;
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  static Stream<Isa> tiers() {
    return Machine.here().tiers().stream()
        .filter(Machine.Availability::available)
        .map(Machine.Availability::isa);
  }

  /** Vectors are objects until C2 has compiled the kernels, so the first runs may allocate. */
  @ParameterizedTest
  @MethodSource("tiers")
  void runsAllocateNothing(Isa isa) {
    RunOptions options = RunOptions.standard().withThreads(1).withIsa(isa);
    try (Arena arena = Arena.ofConfined();
        NetworkRunner runner =
            new NetworkRunner(OnnxReader.read(SampleData.MODEL.bytes()), options)) {
      TensorFact fact = runner.declaredFacts(1).getFirst();
      try (Invocation invocation = runner.prepare(List.of(fact))) {
        TensorFact result = invocation.plan().outputs().getFirst();
        List<Tensor> heapIn = List.of(SeededInputs.of(fact, 1));
        List<Tensor> heapOut = List.of(Tensor.zeros(result.dtype(), result.shape()));
        List<Tensor> nativeIn = List.of(Tensor.allocate(fact.dtype(), fact.shape(), arena));
        List<Tensor> nativeOut = List.of(Tensor.allocate(result.dtype(), result.shape(), arena));

        assertThat(leastAllocated(invocation, heapIn, heapOut)).as("heap tensors").isZero();
        assertThat(leastAllocated(invocation, nativeIn, nativeOut)).as("native tensors").isZero();
      }
    }
  }

  private static long leastAllocated(Invocation invocation, List<Tensor> in, List<Tensor> out) {
    long least = Long.MAX_VALUE;
    long begin = System.nanoTime();
    while (least > 0 && System.nanoTime() - begin < PATIENCE_NANOS) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int run = 0; run < RUNS; run++) {
        invocation.run(in, out);
      }
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }
}
