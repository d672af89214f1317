package dev.lathe.kernel;

import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lathe.kernel.SpmmU8S8Problem.Fill;
import dev.lathe.kernel.dispatch.KernelCatalog;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The native sparse integer kernels of this machine on few, small problems: what there is time for
 * on an emulated processor. {@link SpmmU8S8Test} does the same on many.
 */
class NativeSpmmU8S8Test {

  @Test
  void equalTheReferenceAroundTheirTiles() {
    List<SpmmU8S8> kernels =
        KernelCatalog.entries().stream()
            .filter(entry -> entry.contract() == SpmmU8S8.class && entry.isa().isNative())
            .map(entry -> (SpmmU8S8) entry.kernel())
            .toList();
    assumeThat(kernels).as("native kernels of this machine").isNotEmpty();
    for (SpmmU8S8 kernel : kernels) {
      long seed = 700;
      for (int m : new int[] {1, 6, kernel.mr() + 5}) {
        for (int n : new int[] {1, 7}) {
          for (int k : new int[] {3, 20, 130}) {
            SpmmU8S8Test.check(
                kernel, SlabAxis.of(m), SlabAxis.of(1), k, n, 0.5, Fill.RANDOM, seed++);
          }
        }
      }
      SlabAxis slid = SpmmU8S8Test.axis(9, 3, 1, 1, 1);
      SlabAxis strided = SpmmU8S8Test.axis(12, 3, 2, 1, 1);
      SpmmU8S8Test.check(kernel, slid, slid, 70, 9, 0.4, Fill.RANDOM, seed++);
      SpmmU8S8Test.check(kernel, strided, strided, 6, 9, 0.4, Fill.RANDOM, seed++);
      SpmmU8S8Test.check(kernel, slid, slid, 33, 5, 1, Fill.LOWEST, seed++);
      SpmmU8S8Test.check(kernel, slid, slid, 33, 5, 1, Fill.HIGHEST, seed++);
    }
  }
}
