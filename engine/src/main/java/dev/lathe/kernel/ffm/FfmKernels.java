package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.DepthwiseU8S8;
import dev.lathe.kernel.DotProbeU8S8;
import dev.lathe.kernel.GemmB1;
import dev.lathe.kernel.GemmBf16;
import dev.lathe.kernel.GemmS8Levels;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.KernelEntry;
import dev.lathe.kernel.PoolU8;
import dev.lathe.kernel.QuantizeU8;
import dev.lathe.kernel.SpmmU8S8;
import java.util.List;
import java.util.Objects;

/**
 * The kernels of the native library, best first. The list itself touches nothing native; asking for
 * a tier loads the library, and only kernels of a tier that is there may be made.
 */
public final class FfmKernels {

  private FfmKernels() {}

  public static List<KernelEntry<?>> all() {
    return List.of(
        new KernelEntry<>(GemmU8S8.class, Isa.AMX, () -> FfmGemmU8S8.amx(symbols())),
        new KernelEntry<>(GemmBf16.class, Isa.AMXBF16, () -> new FfmGemmBf16(symbols())),
        signs(Isa.AVX512POPCNT, 12, 32),
        gemm(Isa.AVX512VNNI, 12, 32),
        new KernelEntry<>(
            DepthwiseU8S8.class, Isa.AVX512VNNI, () -> FfmDepthwiseU8S8.avx512vnni(symbols())),
        gemm(Isa.AVXVNNI, 6, 16),
        gemm(Isa.NEONI8MM, 8, 8),
        gemm(Isa.NEONDOT, 4, 16),
        new KernelEntry<>(GemmU8S8.class, Isa.AVX2, () -> FfmGemmU8S8.avx2(symbols())),
        signs(Isa.NEONDOT, 4, 32),
        signs(Isa.AVX2, 4, 64),
        levels(Isa.AVX512VNNI, 2),
        levels(Isa.AVX512VNNI, 4),
        levels(Isa.AVXVNNI, 2),
        levels(Isa.AVXVNNI, 4),
        levels(Isa.NEONDOT, 2),
        levels(Isa.NEONDOT, 4),
        levels(Isa.AVX2, 2),
        levels(Isa.AVX2, 4),
        new KernelEntry<>(
            DepthwiseU8S8.class, Isa.NEONDOT, () -> FfmDepthwiseU8S8.neondot(symbols())),
        new KernelEntry<>(DepthwiseU8S8.class, Isa.AVX2, () -> FfmDepthwiseU8S8.avx2(symbols())),
        quantize(Isa.AVX512VNNI),
        quantize(Isa.NEONDOT),
        quantize(Isa.AVX2),
        pool(Isa.AVX512VNNI),
        pool(Isa.NEONDOT),
        pool(Isa.AVX2),
        new KernelEntry<>(DotProbeU8S8.class, Isa.AMX, () -> FfmDotProbeU8S8.amx(symbols())),
        new KernelEntry<>(SpmmU8S8.class, Isa.AMX, () -> new FfmSpmmTiles(symbols())),
        spmm(Isa.AVX512VNNI, 12, 1, 16, false),
        spmm(Isa.AVX512VNNI, 12, 4, 16, false),
        spmm(Isa.AVXVNNI, 12, 1, 8, false),
        spmm(Isa.AVXVNNI, 12, 4, 8, false),
        spmm(Isa.NEONI8MM, 16, 1, 4, false),
        spmm(Isa.NEONI8MM, 16, 4, 4, false),
        spmm(Isa.NEONDOT, 16, 1, 4, false),
        spmm(Isa.NEONDOT, 16, 4, 4, false),
        spmm(Isa.AVX2, 12, 1, 8, true),
        spmm(Isa.AVX2, 12, 4, 8, true),
        dotProbe(Isa.AVX512VNNI, 16, 16, 4),
        dotProbe(Isa.AVXVNNI, 14, 8, 4),
        dotProbe(Isa.NEONI8MM, 16, 4, 8),
        dotProbe(Isa.NEONDOT, 16, 4, 4),
        dotProbe(Isa.AVX2, 5, 8, 32));
  }

  private static KernelEntry<GemmU8S8> gemm(Isa isa, int mr, int nr) {
    return new KernelEntry<>(GemmU8S8.class, isa, () -> new FfmGemmU8S8(symbols(), isa, mr, nr));
  }

  private static KernelEntry<GemmB1> signs(Isa isa, int mr, int nr) {
    return new KernelEntry<>(GemmB1.class, isa, () -> new FfmGemmB1(symbols(), isa, mr, nr));
  }

  private static KernelEntry<GemmS8Levels> levels(Isa isa, int bits) {
    return new KernelEntry<>(
        GemmS8Levels.class, isa, () -> new FfmGemmS8Levels(symbols(), isa, bits));
  }

  private static KernelEntry<SpmmU8S8> spmm(
      Isa isa, int vectors, int nr, int lanes, boolean pairs) {
    return new KernelEntry<>(
        SpmmU8S8.class, isa, () -> new FfmSpmmQuads(symbols(), isa, vectors, nr, lanes, pairs));
  }

  private static KernelEntry<QuantizeU8> quantize(Isa isa) {
    return new KernelEntry<>(QuantizeU8.class, isa, () -> new FfmQuantizeU8(symbols(), isa));
  }

  private static KernelEntry<PoolU8> pool(Isa isa) {
    return new KernelEntry<>(PoolU8.class, isa, () -> new FfmPoolU8(symbols(), isa));
  }

  private static KernelEntry<DotProbeU8S8> dotProbe(Isa isa, int chains, int lanes, int kr) {
    return new KernelEntry<>(
        DotProbeU8S8.class, isa, () -> new FfmDotProbeU8S8(symbols(), isa, chains, lanes, kr));
  }

  private static Symbols symbols() {
    return Objects.requireNonNull(NativeLibrary.here().symbols(), "native library");
  }

  /** Whether kernels of a tier can run in this process. */
  public static boolean has(Isa isa) {
    return NativeLibrary.here().has(isa);
  }

  /**
   * Loads the library.
   *
   * @throws dev.lathe.error.UsageException when the user insists on one that can't be used
   */
  public static void checkSetting() {
    NativeLibrary.checkSetting();
  }

  /** Why a tier is or isn't there, and what to do about it. */
  public static String why(Isa isa) {
    return NativeLibrary.here().why(isa);
  }
}
