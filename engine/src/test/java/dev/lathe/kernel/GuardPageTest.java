package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lathe.kernel.GemmU8S8Problem.Epilogue;
import dev.lathe.kernel.GemmU8S8Problem.Fill;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
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
    List<GemmU8S8> kernels = nativeKernels(GemmU8S8.class);
    staysWithinItsOperands(kernels, 1, 2, 12, 13);
  }

  @Test
  void integerDepthwiseConvolutionStaysWithinItsOperands() throws Throwable {
    depthwiseStaysWithinItsOperands(nativeKernels(DepthwiseU8S8.class));
  }

  /** Runs the kernels on all kinds of windows. */
  static void depthwiseStaysWithinItsOperands(List<DepthwiseU8S8> kernels) throws Throwable {
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
    List<SpmmU8S8> kernels = nativeKernels(SpmmU8S8.class);
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

  @Test
  void productsOfSignsStayWithinTheirOperands() throws Throwable {
    signsStayWithinTheirOperands(nativeKernels(GemmB1.class));
  }

  static void signsStayWithinTheirOperands(List<GemmB1> kernels) throws Throwable {
    long seed = 900;
    for (int m : new int[] {1, 3, 4, 13}) {
      for (int n : new int[] {1, 8, 17, 32, 63, 65}) {
        for (int k : new int[] {1, 33, 96, 512}) {
          try (Arena arena = Arena.ofConfined()) {
            GemmB1Problem problem =
                new GemmB1Problem(arena, m, n, k, 1 + k % 3, seed % 2 == 0, seed++);
            GuardedFloats expected = problem.run(Kernels.reference(GemmB1.class));
            for (GemmB1 kernel : kernels) {
              problem.assertAtPageEnds(kernel, expected);
            }
          }
        }
      }
    }
  }

  @Test
  void productsOfLevelsStayWithinTheirOperands() throws Throwable {
    levelsStayWithinTheirOperands(nativeKernels(GemmS8Levels.class));
  }

  static void levelsStayWithinTheirOperands(List<GemmS8Levels> kernels) throws Throwable {
    long seed = 950;
    for (GemmS8Levels kernel : kernels) {
      for (int n : new int[] {1, 16, 31}) {
        for (int k : new int[] {1, 16, 31, 65, 200}) {
          for (int block : new int[] {16, 32, 96}) {
            try (Arena arena = Arena.ofConfined()) {
              GemmLevelsProblem problem =
                  new GemmLevelsProblem(arena, kernel.bits(), 2, n, k, block, seed++);
              problem.assertAtPageEnds(kernel, problem.run(GemmLevelsTest.plain(kernel)));
            }
          }
        }
      }
    }
  }

  private static <K extends Kernel> List<K> nativeKernels(Class<K> contract) {
    List<K> kernels =
        Kernels.of(contract)
            .map(named -> named.getPayload())
            .filter(kernel -> kernel.isa().isNative())
            .toList();
    assumeThat(kernels).as("native kernels of this machine").isNotEmpty();
    return kernels;
  }

  @Test
  void conversionsStayWithinTheirOperands() throws Throwable {
    conversionsStayWithinTheirOperands(nativeKernels(QuantizeU8.class));
  }

  static void conversionsStayWithinTheirOperands(List<QuantizeU8> kernels) throws Throwable {
    for (QuantizeU8 kernel : kernels) {
      for (int count : new int[] {1, 3, 4, 7, 16, 31, 33, 64, 127, 130}) {
        try (Arena arena = Arena.ofConfined()) {
          float[] values = new float[count];
          for (int i = 0; i < count; i++) {
            values[i] = i - 3;
          }
          MemorySegment floats = guarded(arena, MemorySegment.ofArray(values));
          MemorySegment levels = guarded(arena, MemorySegment.ofArray(new byte[count]));
          MemorySegment back = guarded(arena, MemorySegment.ofArray(new byte[4 * count]));
          kernel.quantize(1, 3, floats, 0, levels, 0, count);
          kernel.dequantize(1, 3, levels, 0, back, 0, count);
          assertThat(back.toArray(Tensor.F32)).containsExactly(values);
        }
      }
    }
  }

  @Test
  void poolingStaysWithinItsOperands() throws Throwable {
    poolingStaysWithinItsOperands(nativeKernels(PoolU8.class));
  }

  static void poolingStaysWithinItsOperands(List<PoolU8> kernels) throws Throwable {
    for (PoolU8 kernel : kernels) {
      for (int channels : new int[] {1, 3, 8, 17, 31, 33, 64, 70}) {
        for (boolean average : new boolean[] {false, true}) {
          try (Arena arena = Arena.ofConfined()) {
            Window window = new Window(channels, 5, 4, 3, 2, 3, 3, 2, 2, 1, 1, 1, 1);
            byte[] ones = new byte[(int) window.inElements()];
            Arrays.fill(ones, (byte) 1);
            float[] ratios = new float[window.outHeight() * window.outWidth()];
            Arrays.fill(ratios, 0.25f);
            MemorySegment dst =
                guarded(arena, MemorySegment.ofArray(new byte[(int) window.outElements()]));
            kernel.run(
                window,
                average ? guarded(arena, MemorySegment.ofArray(ratios)) : null,
                0,
                0,
                guarded(arena, MemorySegment.ofArray(ones)),
                0,
                dst,
                0,
                0,
                window.outHeight());
            // Corners have four taps inside, the others six: 1 and rint(1.5).
            assertThat(dst.get(Tensor.I8, 0)).isEqualTo((byte) 1);
            assertThat(dst.get(Tensor.I8, 2L * channels)).isEqualTo((byte) (average ? 2 : 1));
          }
        }
      }
    }
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
            Fill fill = seed % 4 < 2 ? Fill.RANDOM : Fill.SMALL;
            try (Arena arena = Arena.ofConfined()) {
              GemmU8S8Problem problem =
                  new GemmU8S8Problem(
                      arena, m, n, k, 3, odd, seed % 3 == 0, fill, epilogue, seed++);
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
