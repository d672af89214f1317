package dev.lathe.kernel.dispatch;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.vector.VectorKernels;
import java.util.ArrayList;
import java.util.List;

/** Which tiers can run in this process, and why the others can't. */
public final class Machine {

  /** Whether a tier can run here. */
  public record Availability(Isa isa, boolean available, String why) {}

  private static final Machine HERE = detect();

  private final List<Availability> tiers;

  private Machine(List<Availability> tiers) {
    this.tiers = List.copyOf(tiers);
  }

  /** This process's machine; detected once. */
  public static Machine here() {
    return HERE;
  }

  /** Every tier, from the plainest to the most special. */
  public List<Availability> tiers() {
    return tiers;
  }

  public Availability availability(Isa isa) {
    return tiers.stream().filter(tier -> tier.isa() == isa).findFirst().orElseThrow();
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

  private static Machine detect() {
    List<Availability> tiers = new ArrayList<>();
    int vectorBits = hasVectorModule() ? VectorKernels.preferredBits() : 0;
    for (Isa isa : Isa.values()) {
      tiers.add(
          switch (isa) {
            case SCALAR -> new Availability(isa, true, "plain Java runs everywhere");
            case VECTOR128, VECTOR256, VECTOR512 -> vectorTier(isa, vectorBits);
            default -> new Availability(isa, false, "no native kernels in this build");
          });
    }
    return new Machine(tiers);
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
