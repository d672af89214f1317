package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.KernelEntry;
import java.util.List;

/**
 * The kernels of the native library, best first. The list itself touches nothing native; asking for
 * a tier loads the library, and only kernels of a tier that is there may be made.
 */
public final class FfmKernels {

  private FfmKernels() {}

  public static List<KernelEntry<?>> all() {
    return List.of(new KernelEntry<>(GemmU8S8.class, Isa.AVX512VNNI, FfmGemmU8S8::new));
  }

  /** Whether kernels of a tier can run in this process. */
  public static boolean has(Isa isa) {
    return NativeLibrary.here().has(isa);
  }

  /** Why a tier is or isn't there, and what to do about it. */
  public static String why(Isa isa) {
    return NativeLibrary.here().why(isa);
  }
}
