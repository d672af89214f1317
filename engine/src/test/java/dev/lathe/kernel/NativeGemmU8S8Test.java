package dev.lathe.kernel;

import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmU8S8Problem.Epilogue;
import dev.lathe.kernel.GemmU8S8Problem.Fill;
import dev.lathe.kernel.dispatch.KernelCatalog;
import dev.lathe.kernel.dispatch.KernelSelector;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The native integer products of this machine on few, small problems: what there is time for on an
 * emulated processor. {@link GemmU8S8Test} does the same on many.
 */
class NativeGemmU8S8Test {

  @Test
  void equalTheReferenceAroundTheirTiles() {
    List<GemmU8S8> kernels =
        KernelCatalog.entries().stream()
            .filter(entry -> entry.contract() == GemmU8S8.class && entry.isa().isNative())
            .map(entry -> (GemmU8S8) entry.kernel())
            .toList();
    assumeThat(kernels).as("native kernels of this machine").isNotEmpty();
    equalTheReference(kernels);
  }

  static void equalTheReference(List<GemmU8S8> kernels) {
    GemmU8S8 reference = KernelSelector.forced(Isa.SCALAR).pick(GemmU8S8.class);
    for (GemmU8S8 kernel : kernels) {
      long seed = 900;
      for (int m : new int[] {1, kernel.mr() + 2}) {
        for (int n : new int[] {3, 16, kernel.nr() + 5}) {
          for (int k : new int[] {3, 20, 33}) {
            Epilogue[] epilogues = Epilogue.values();
            Epilogue epilogue = epilogues[(int) (seed % epilogues.length)];
            Fill[] fills = Fill.values();
            Fill fill = fills[(int) (seed % 2)];
            try (Arena arena = Arena.ofConfined()) {
              GemmU8S8Problem problem =
                  new GemmU8S8Problem(
                      arena, m, n, k, 2, seed % 2 == 1, seed % 3 == 0, fill, epilogue, seed++);
              byte[] expected = problem.result(arena, reference).content();
              problem.result(arena, kernel).assertContent(expected, kernel.name() + " " + problem);
            }
          }
        }
      }
    }
  }
}
