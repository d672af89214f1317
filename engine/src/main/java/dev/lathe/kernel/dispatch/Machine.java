package dev.lathe.kernel.dispatch;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.ffm.FfmKernels;
import dev.lathe.kernel.vector.VectorKernels;
import java.util.Arrays;
import java.util.List;

/**
 * Which tiers can run in this process, and why the others can't. The native library is loaded when
 * a native tier is first asked about.
 */
public final class Machine {

  /** Whether a tier can run here. */
  public record Availability(Isa isa, boolean available, String why) {}

  private static final Machine HERE =
      new Machine(hasVectorModule() ? VectorKernels.preferredBits() : 0);

  private final int vectorBits;

  private Machine(int vectorBits) {
    this.vectorBits = vectorBits;
  }

  /** This process's machine. */
  public static Machine here() {
    return HERE;
  }

  /** Every tier, from the plainest to the most special. */
  public List<Availability> tiers() {
    return Arrays.stream(Isa.values()).map(this::availability).toList();
  }

  public Availability availability(Isa isa) {
    return switch (isa) {
      case SCALAR -> new Availability(isa, true, "plain Java runs everywhere");
      case VECTOR128, VECTOR256, VECTOR512 -> vectorTier(isa, vectorBits);
      default -> new Availability(isa, FfmKernels.has(isa), FfmKernels.why(isa));
    };
  }

  public boolean has(Isa isa) {
    return availability(isa).available();
  }

  /**
   * Whether the Vector API's module is resolved; without it no class of kernel.vector may be
   * touched.
   */
  static boolean hasVectorModule() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  private static Availability vectorTier(Isa isa, int preferredBits) {
    if (preferredBits == 0) {
      return new Availability(
          isa,
          false,
          "module jdk.incubator.vector is not resolved: start Java with"
              + " --add-modules jdk.incubator.vector");
    }
    return isa.vectorBits() <= preferredBits
        ? new Availability(isa, true, "vectors of this JVM have " + preferredBits + " bits")
        : new Availability(isa, false, "vectors of this JVM have only " + preferredBits + " bits");
  }
}
