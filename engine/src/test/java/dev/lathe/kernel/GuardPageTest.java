package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lathe.kernel.GemmU8S8Problem.Epilogue;
import dev.lathe.kernel.GemmU8S8Problem.Fill;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Native kernels with every operand at the end of a page that no readable page follows: one byte
 * too far ends the process.
 */
class GuardPageTest {

  @Test
  void integerProductStaysWithinItsOperands() throws Throwable {
    List<GemmU8S8> kernels =
        Kernels.of(GemmU8S8.class)
            .map(named -> named.getPayload())
            .filter(kernel -> kernel.isa().isNative())
            .toList();
    assumeThat(kernels).as("native kernels of this machine").isNotEmpty();
    staysWithinItsOperands(kernels, 1, 2, 12, 13);
  }

  @Test
  void integerDepthwiseConvolutionStaysWithinItsOperands() throws Throwable {
    List<DepthwiseU8S8> kernels =
        Kernels.of(DepthwiseU8S8.class)
            .map(named -> named.getPayload())
            .filter(kernel -> kernel.isa().isNative())
            .toList();
    assumeThat(kernels).as("native kernels of this machine").isNotEmpty();
    DepthwiseU8S8 reference = Kernels.reference(DepthwiseU8S8.class);
    long seed = 400;
    for (int channels : new int[] {1, 8, 13, 64, 70}) {
      for (Window window : DepthwiseU8S8Problem.windows(channels)) {
        try (Arena arena = Arena.ofConfined()) {
          DepthwiseU8S8Problem problem =
              DepthwiseU8S8Problem.random(arena, window, seed % 3 == 0, seed++);
          byte[] expected = run(problem, reference, arena);
          for (DepthwiseU8S8 kernel :
              kernels.stream().filter(kernel -> kernel.accepts(window)).toList()) {
            assertThat(run(problem, kernel, arena)).as("%s", window).isEqualTo(expected);
          }
        }
      }
    }
  }

  @Test
  void sparseIntegerProductStaysWithinItsOperands() throws Throwable {
    List<SpmmU8S8> kernels =
        Kernels.of(SpmmU8S8.class)
            .map(named -> named.getPayload())
            .filter(kernel -> kernel.isa().isNative())
            .toList();
    assumeThat(kernels).as("native kernels of this machine").isNotEmpty();
    sparseStaysWithinItsOperands(kernels);
  }

  /** Runs the kernels on products and convolutions. */
  static void sparseStaysWithinItsOperands(List<SpmmU8S8> kernels) throws Throwable {
    long seed = 500;
    for (int size : new int[] {1, 3, 8, 17}) {
      for (int n : new int[] {1, 8, 16, 33}) {
        for (int k : new int[] {1, 3, 4, 6, 32, 67}) {
          try (Arena arena = Arena.ofConfined()) {
            SlabAxis rows = seed % 2 == 0 ? SlabAxis.of(size) : SpmmU8S8Test.axis(size, 3, 2, 1, 1);
            SpmmU8S8Problem problem =
                new SpmmU8S8Problem(
                    arena, rows, rows, k, n, 0.5, SpmmU8S8Problem.Fill.RANDOM, seed++);
            byte[] expected = problem.expected();
            for (SpmmU8S8 kernel : kernels) {
              assertThat(run(problem, kernel, arena, n))
                  .as("%s %s", kernel.name(), problem)
                  .isEqualTo(expected);
            }
          }
        }
      }
    }
  }

  private static byte[] run(SpmmU8S8Problem problem, SpmmU8S8 kernel, Arena arena, int n)
      throws Throwable {
    long bytes = 4L * Math.ceilDiv(n, 16) * 16;
    MemorySegment bias = guarded(arena, problem.epilogue.bias().asSlice(0, bytes));
    IntegerEpilogue epilogue =
        switch (problem.epilogue) {
          case StoreInt32 sums -> new StoreInt32(bias);
          case Requantize levels ->
              new Requantize(
                  bias,
                  guarded(arena, levels.scale().asSlice(0, bytes)),
                  levels.zeroPoint(),
                  levels.min(),
                  levels.max(),
                  levels.addend());
        };
    byte[] before = new GuardedBytes(arena, problem.dstBytes()).content();
    MemorySegment dst = guarded(arena, MemorySegment.ofArray(before));
    long scratchBytes = Math.ceilDiv(kernel.scratchBytes(problem.shape(kernel)), 64L) * 64;
    problem.run(
        kernel,
        epilogue,
        guarded(arena, MemorySegment.ofArray(problem.lhs.content())),
        0,
        guarded(arena, problem.packed(kernel)),
        guarded(arena, MemorySegment.ofArray(problem.addend.content())),
        0,
        guarded(arena, MemorySegment.ofArray(new byte[(int) scratchBytes])),
        dst,
        0,
        0,
        problem.rows());
    return dst.toArray(Tensor.I8);
  }

  private static byte[] run(DepthwiseU8S8Problem problem, DepthwiseU8S8 kernel, Arena arena)
      throws Throwable {
    Window window = problem.window();
    Requantize levels = problem.epilogue();
    Requantize.Addend plus = levels.addend();
    long bytes = 4L * window.channels();
    Requantize epilogue =
        new Requantize(
            guarded(arena, levels.bias().asSlice(0, bytes)),
            guarded(arena, levels.scale().asSlice(0, bytes)),
            levels.zeroPoint(),
            levels.min(),
            levels.max(),
            plus);
    long pixels = window.outElements() / window.channels();
    MemorySegment dst = guarded(arena, MemorySegment.ofArray(new byte[(int) window.outElements()]));
    kernel.run(
        window,
        epilogue,
        guarded(arena, problem.weights()),
        guarded(arena, MemorySegment.ofArray(problem.src().content())),
        0,
        problem.zeroPoint(),
        plus == null
            ? null
            : guarded(
                arena,
                MemorySegment.ofArray(problem.addend().content())
                    .asSlice(0, (pixels - 1) * plus.stride() + window.channels())),
        0,
        dst,
        0,
        0,
        window.outHeight());
    return dst.toArray(Tensor.I8);
  }

  /** Runs the kernels on products of these rows. */
  static void staysWithinItsOperands(List<GemmU8S8> kernels, int... rows) throws Throwable {
    assumeThat(System.getProperty("os.name")).as("a system with mmap").isEqualTo("Linux");
    GemmU8S8 reference = Kernels.reference(GemmU8S8.class);
    long seed = 800;
    for (int m : rows) {
      for (int n : new int[] {1, 16, 31, 33, 129}) {
        for (int k : new int[] {1, 3, 4, 6, 64, 67}) {
          for (Epilogue epilogue : new Epilogue[] {Epilogue.USUAL, Epilogue.ADDEND}) {
            boolean odd = seed % 2 == 1;
            try (Arena arena = Arena.ofConfined()) {
              GemmU8S8Problem problem =
                  new GemmU8S8Problem(
                      arena, m, n, k, 3, odd, seed % 3 == 0, Fill.RANDOM, epilogue, seed++);
              for (GemmU8S8 kernel : kernels) {
                byte[] expected = run(problem, reference, arena);
                assertThat(run(problem, kernel, arena)).as("%s", problem).isEqualTo(expected);
              }
            }
          }
        }
      }
    }
  }

  private static byte[] run(GemmU8S8Problem problem, GemmU8S8 kernel, Arena arena)
      throws Throwable {
    GemmShape shape = problem.shape;
    MemorySegment offsets = guarded(arena, shape.rowOffsets());
    GemmShape moved =
        new GemmShape(
            shape.m(),
            shape.n(),
            shape.k(),
            shape.taps(),
            shape.lhsStride(),
            offsets,
            shape.dstStride());
    MemorySegment bias = guarded(arena, problem.epilogue.bias());
    IntegerEpilogue epilogue =
        switch (problem.epilogue) {
          case StoreInt32 sums -> new StoreInt32(bias);
          case Requantize levels ->
              new Requantize(
                  bias,
                  guarded(arena, levels.scale()),
                  levels.zeroPoint(),
                  levels.min(),
                  levels.max(),
                  levels.addend());
        };
    int rows = shape.m() - 1;
    Requantize.Addend plus = problem.plus();
    long lhsBytes =
        offsets == null ? rows * shape.lhsStride() + shape.depth() : problem.lhs.content().length;
    MemorySegment dst =
        guarded(
            arena,
            MemorySegment.ofArray(
                new byte[epilogue.dstBytes() * (int) (rows * shape.dstStride() + shape.n())]));
    kernel.run(
        moved,
        epilogue,
        guarded(arena, MemorySegment.ofArray(problem.lhs.content()).asSlice(0, lhsBytes)),
        0,
        guarded(arena, problem.packed(arena, kernel)),
        0,
        guarded(arena, problem.zeroPoints),
        guarded(arena, problem.zeroRow),
        plus == null
            ? null
            : guarded(
                arena,
                MemorySegment.ofArray(problem.addend.content())
                    .asSlice(0, rows * plus.stride() + shape.n())),
        0,
        guarded(arena, MemorySegment.ofArray(new byte[(int) kernel.scratchBytes(moved)])),
        0,
        dst,
        0,
        0,
        shape.m(),
        0,
        shape.n());
    return dst.toArray(Tensor.I8);
  }

  private static @Nullable MemorySegment guarded(Arena arena, @Nullable MemorySegment content)
      throws Throwable {
    return content == null ? null : GuardPages.copy(arena, content);
  }
}
