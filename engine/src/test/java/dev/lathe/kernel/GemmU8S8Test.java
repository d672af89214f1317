package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmU8S8Problem.Epilogue;
import dev.lathe.kernel.GemmU8S8Problem.Fill;
import dev.lathe.kernel.dispatch.KernelCatalog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("isa")
class GemmU8S8Test {

  private static final GemmU8S8 REFERENCE = Kernels.reference(GemmU8S8.class);

  static Stream<Named<GemmU8S8>> kernels() {
    return Kernels.of(GemmU8S8.class);
  }

  @Test
  void referenceEqualsArithmeticInIntegersOfAnySize() {
    try (Arena arena = Arena.ofConfined()) {
      long seed = 1;
      for (Epilogue epilogue : Epilogue.values()) {
        for (Fill fill : Fill.values()) {
          for (boolean flag : new boolean[] {false, true}) {
            GemmU8S8Problem problem =
                new GemmU8S8Problem(arena, 5, 19, 7, 3, flag, !flag, fill, epilogue, seed++);
            GuardedBytes actual = problem.result(arena, REFERENCE);
            byte[] before = problem.destination(arena).content();
            actual.assertContent(problem.expected(before), problem.toString());
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReferenceOnShapesAroundTheTile(GemmU8S8 kernel) {
    int mr = kernel.mr();
    int nr = kernel.nr();
    long seed = 0;
    for (int m : distinct(1, 2, 4, 5, mr - 1, mr, mr + 1, 2 * mr + 5)) {
      for (int n : distinct(1, 3, nr / 2, nr - 1, nr, nr + 1, 15, 16, 17, 24, 2 * nr + 5)) {
        for (int k : new int[] {1, 2, 3, 4, 5, 63, 64}) {
          compare(kernel, m, n, k, 1, false, false, Fill.RANDOM, Epilogue.USUAL, seed++);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReferenceOnDeepShapes(GemmU8S8 kernel) {
    int m = kernel.mr() + 1;
    int n = kernel.nr() + 3;
    long seed = 100;
    for (int k : new int[] {255, 256, 257, 511, 512, 513, 1025}) {
      for (Fill fill : Fill.values()) {
        for (boolean zeroPoints : new boolean[] {false, true}) {
          compare(kernel, m, n, k, 1, false, zeroPoints, fill, Epilogue.USUAL, seed++);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReferenceOverTapsWithPaddingRows(GemmU8S8 kernel) {
    long seed = 200;
    for (int taps : new int[] {1, 4, 9}) {
      for (int k : new int[] {1, 3, 5, 16, 63, 130, 600}) {
        for (boolean tabulated : new boolean[] {false, true}) {
          int m = kernel.mr() + taps;
          int n = kernel.nr() + 1;
          boolean zeroPoints = k % 2 == 1;
          compare(
              kernel, m, n, k, taps, tabulated, zeroPoints, Fill.RANDOM, Epilogue.USUAL, seed++);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReferenceForEveryEpilogue(GemmU8S8 kernel) {
    for (Epilogue epilogue : Epilogue.values()) {
      for (Fill fill : Fill.values()) {
        for (int k : new int[] {3, 40, 530}) {
          for (int seed = 300; seed < 304; seed++) {
            int n = kernel.nr() + 2 * seed - 590;
            boolean odd = seed % 2 == 1;
            compare(kernel, kernel.mr() + 2, n, k, 1, odd, odd, fill, epilogue, seed);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReferenceOnFewRows(GemmU8S8 kernel) {
    long seed = 350;
    for (int m : new int[] {1, 2, 3}) {
      for (int n : new int[] {5, 16, 17, 70}) {
        for (int k : new int[] {8, 516, 521}) {
          for (Fill fill : Fill.values()) {
            boolean odd = seed % 2 == 1;
            compare(kernel, m, n, k, 2, odd, seed % 3 != 0, fill, Epilogue.USUAL, seed++);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReferenceOnWeightsWhoseProductsJustFitFewBits(GemmU8S8 kernel) {
    long seed = 370;
    for (int m : distinct(1, 2, 3, kernel.mr(), 2 * kernel.mr() + 3)) {
      for (int n : new int[] {5, 16, 40}) {
        for (int k : new int[] {64, 131, 516}) {
          for (int taps : new int[] {1, 4}) {
            boolean odd = seed % 2 == 1;
            compare(kernel, m, n, k, taps, odd, odd, Fill.SMALL, Epilogue.SUMS, seed++);
          }
        }
      }
    }
    for (Epilogue epilogue : Epilogue.values()) {
      compare(kernel, kernel.mr() + 2, 35, 300, 1, false, false, Fill.SMALL, epilogue, seed++);
    }
  }

  static void compare(
      GemmU8S8 kernel,
      int m,
      int n,
      int k,
      int taps,
      boolean tabulated,
      boolean zeroPoints,
      Fill fill,
      Epilogue epilogue,
      long seed) {
    try (Arena arena = Arena.ofConfined()) {
      GemmU8S8Problem problem =
          new GemmU8S8Problem(arena, m, n, k, taps, tabulated, zeroPoints, fill, epilogue, seed);
      byte[] expected = problem.result(arena, REFERENCE).content();
      problem.result(arena, kernel).assertContent(expected, problem.toString());
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void rangesAddUpToTheWhole(GemmU8S8 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      int m = 3 * kernel.mr() + 2;
      int n = 2 * kernel.nr() + 5;
      GemmU8S8Problem problem =
          new GemmU8S8Problem(arena, m, n, 37, 4, true, true, Fill.RANDOM, Epilogue.ADDEND, 400);
      byte[] expected = problem.result(arena, REFERENCE).content();
      MemorySegment packed = problem.packed(arena, kernel);
      MemorySegment scratch = arena.allocate(Math.max(64, kernel.scratchBytes(problem.shape)), 64);
      GuardedBytes dst = problem.destination(arena);
      int[] rows = {0, kernel.mr(), 2 * kernel.mr(), m};
      int[] columns = {0, kernel.nr(), n};
      for (int i = 1; i < rows.length; i++) {
        for (int j = 1; j < columns.length; j++) {
          problem.run(
              kernel, packed, scratch, dst, rows[i - 1], rows[i], columns[j - 1], columns[j]);
        }
      }
      dst.assertContent(expected, "in parts");
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void manyRowsInSeveralBlocks(GemmU8S8 kernel) {
    compare(kernel, 1300, 17, 9, 1, false, false, Fill.RANDOM, Epilogue.USUAL, 500);
    compare(kernel, 700, 5, 6, 9, true, false, Fill.RANDOM, Epilogue.ADDEND, 501);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void threadsWithTheirOwnScratchDoNotDisturbEachOther(GemmU8S8 kernel) throws Exception {
    try (Arena arena = Arena.ofShared();
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      GemmU8S8Problem problem =
          new GemmU8S8Problem(
              arena, 21, 40, 530, 1, false, false, Fill.RANDOM, Epilogue.USUAL, 600);
      byte[] expected = problem.result(arena, REFERENCE).content();
      MemorySegment packed = problem.packed(arena, kernel);
      Callable<GuardedBytes> one =
          () -> {
            MemorySegment scratch =
                arena.allocate(Math.max(64, kernel.scratchBytes(problem.shape)), 64);
            GuardedBytes dst = problem.destination(arena);
            for (int repeat = 0; repeat < 5; repeat++) {
              problem.run(kernel, packed, scratch, dst, 0, 21, 0, 40);
            }
            return dst;
          };
      List<Callable<GuardedBytes>> calls = IntStream.range(0, 12).mapToObj(i -> one).toList();
      for (Future<GuardedBytes> dst : threads.invokeAll(calls)) {
        dst.get().assertContent(expected, "concurrent");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesMemoryThatIsTooSmall(GemmU8S8 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      GemmU8S8Problem problem =
          new GemmU8S8Problem(arena, 9, 33, 8, 1, false, false, Fill.RANDOM, Epilogue.USUAL, 700);
      MemorySegment packed = problem.packed(arena, kernel);
      MemorySegment scratch = arena.allocate(Math.max(64, kernel.scratchBytes(problem.shape)), 64);
      GuardedBytes small = new GuardedBytes(arena, 1);

      assertThatThrownBy(() -> problem.run(kernel, packed, scratch, small, 0, 9, 0, 33))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 5, 8, 9, 1000})
  void everyTierWithAKernelHasOneForAnyNumberOfRows(int m) {
    GemmShape shape = GemmShape.product(m, 64, 64, 64, 64);
    Map<Isa, List<GemmU8S8>> tiers =
        KernelCatalog.of(GemmU8S8.class).stream().collect(Collectors.groupingBy(Kernel::isa));

    assertThat(tiers.values())
        .allSatisfy(kernels -> assertThat(kernels).anyMatch(kernel -> kernel.accepts(shape)));
  }

  @Test
  void namesAreSpecifications() {
    assertThat(REFERENCE.name()).hasToString("u8s8_brgemm_1x16c4__scalar");
  }

  private static int[] distinct(int... values) {
    return IntStream.of(values).filter(value -> value > 0).distinct().toArray();
  }
}
