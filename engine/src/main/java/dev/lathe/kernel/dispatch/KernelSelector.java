package dev.lathe.kernel.dispatch;

import dev.lathe.cpu.Isa;
import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.kernel.Kernel;
import dev.lathe.kernel.KernelEntry;
import dev.lathe.kernel.ffm.FfmKernels;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Picks kernels from the catalogue: the first of its contract that the forced tier (if any) and the
 * problem allow. A forced tier that is not available here is an error, never a quiet substitute; an
 * operation the forced tier has no kernel for runs on the next plainer one, and profiles show it.
 */
public final class KernelSelector {

  /** System property that forces a tier. */
  public static final String PROPERTY = "dev.lathe.isa";

  private final @Nullable Isa forced;
  private final SparsePolicy sparse = SparsePolicy.standard();

  private KernelSelector(@Nullable Isa forced) {
    this.forced = forced;
  }

  /**
   * The best of everything, or what {@value #PROPERTY} forces.
   *
   * @throws UsageException also when the user insists on a native library that can't be used
   */
  public static KernelSelector standard() {
    String override = System.getProperty(PROPERTY, "");
    if (!override.isEmpty()) {
      return forced(Isa.parse(override));
    }
    FfmKernels.checkSetting();
    return new KernelSelector(null);
  }

  /**
   * Kernels of one tier and plainer ones.
   *
   * @throws UsageException when this process cannot run the tier, with the reason
   */
  public static KernelSelector forced(Isa isa) {
    Machine.Availability availability = Machine.here().availability(isa);
    if (!availability.available()) {
      throw new UsageException(
          new Problem(
              "instruction set " + isa.id() + " is not available",
              "this process",
              availability.why(),
              "leave the choice to Lathe, or see 'lathe env'"));
    }
    return new KernelSelector(isa);
  }

  /** Of a forced tier, or {@link #standard} when it is null. */
  public static KernelSelector of(@Nullable Isa forced) {
    return forced == null ? standard() : forced(forced);
  }

  /** The forced tier, or null when the choice is free. */
  public @Nullable Isa forced() {
    return forced;
  }

  /** When weights with zeros get sparse kernels. */
  public SparsePolicy sparse() {
    return sparse;
  }

  public <K extends Kernel> K pick(Class<K> contract) {
    return pick(contract, kernel -> true);
  }

  /** The first kernel of a contract that is allowed and that {@code accepts} the problem. */
  public <K extends Kernel> K pick(Class<K> contract, Predicate<? super K> accepts) {
    return allowed(contract)
        .filter(accepts)
        .findFirst()
        .orElseThrow(
            () ->
                new InternalException(
                    Problem.of("no kernel for " + contract.getSimpleName(), "kernel catalogue")));
  }

  /** The allowed kernels of a contract, best first. */
  public <K extends Kernel> List<K> candidates(Class<K> contract) {
    return allowed(contract).toList();
  }

  /** Whether an entry is the first of its contract that may be picked. */
  public boolean prefers(KernelEntry<?> entry) {
    return KernelCatalog.entries().stream()
        .filter(other -> other.contract() == entry.contract() && allowed(other.isa()))
        .min(Comparator.comparing(other -> other.isa() != forced))
        .filter(first -> first == entry)
        .isPresent();
  }

  /** The forced tier's kernels, then the others in the order of the catalogue. */
  private <K extends Kernel> Stream<K> allowed(Class<K> contract) {
    Stream<K> others = KernelCatalog.of(contract, isa -> isa != forced && allowed(isa));
    return forced == null
        ? others
        : Stream.concat(KernelCatalog.of(contract, isa -> isa == forced), others);
  }

  private boolean allowed(Isa isa) {
    if (forced == null || isa == forced || isa == Isa.SCALAR) {
      return true;
    }
    return forced.isNative() && (isa.isVector() || isa == forced.includes());
  }
}
