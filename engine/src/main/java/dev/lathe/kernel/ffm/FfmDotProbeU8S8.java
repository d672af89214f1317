package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.DotProbeU8S8;
import dev.lathe.kernel.KernelName;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** {@link DotProbeU8S8} in C, which the C file of the kernel's name describes. */
final class FfmDotProbeU8S8 implements DotProbeU8S8 {

  private static final MethodHandle RUN = Symbols.handle(Symbols.DOT_PROBE_U8S8);

  private final KernelName name;
  private final long macsPerRound;
  private final MemorySegment function;

  /**
   * The probe of a tier.
   *
   * @param kr products that a lane adds up per round
   */
  FfmDotProbeU8S8(Symbols symbols, Isa isa, int chains, int lanes, int kr) {
    this.name = new KernelName("u8s8", "dotprobe", chains + "x" + lanes + "c" + kr, isa);
    this.macsPerRound = (long) chains * lanes * kr;
    this.function = symbols.kernel(name.toString());
  }

  /** The probe of {@link Isa#AMX}: six tiles of 16 rows and columns. */
  static FfmDotProbeU8S8 amx(Symbols symbols) {
    return new FfmDotProbeU8S8(symbols, Isa.AMX, 6, 256, 64);
  }

  @Override
  public KernelName name() {
    return name;
  }

  @Override
  public long macsPerRound() {
    return macsPerRound;
  }

  @Override
  public int run(long rounds) {
    try {
      return (int) RUN.invokeExact(function, rounds);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable checked) {
      throw new AssertionError("native code throws no exceptions", checked);
    }
  }
}
