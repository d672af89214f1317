package dev.lathe.kernel.dispatch;

import dev.lathe.cpu.Isa;
import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.kernel.GemmBf16;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmFloat;
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
  private final FloatMath math;
  private final SparsePolicy sparse = SparsePolicy.standard();

  private KernelSelector(@Nullable Isa forced, FloatMath math) {
    this.forced = forced;
    this.math = math;
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
    return new KernelSelector(null, FloatMath.FP32);
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
    return new KernelSelector(isa, FloatMath.FP32);
  }

  /** Of a forced tier, or {@link #standard} when it is null. */
  public static KernelSelector of(@Nullable Isa forced) {
    return forced == null ? standard() : forced(forced);
  }

  /**
   * As {@link #of(Isa)}, with products of constant weights in {@code math}.
   *
   * @throws UsageException also when no tier that may be picked multiplies so in hardware; the
   *     plain one has to be forced
   */
  public static KernelSelector of(@Nullable Isa forced, FloatMath math) {
    KernelSelector selector = new KernelSelector(of(forced).forced, math);
    if (math == FloatMath.BF16
        && selector.forced != Isa.SCALAR
        && selector.pick(GemmBf16.class).isa() == Isa.SCALAR) {
      throw new UsageException(
          new Problem(
              "bf16 products are not available",
              "option --float-math bf16",
              selector.forced == null
                  ? "tier "
                      + Isa.AMXBF16.id()
                      + ": "
                      + Machine.here().availability(Isa.AMXBF16).why()
                  : "tier " + selector.forced.id() + " has none",
              "leave the option out, or force tier " + Isa.SCALAR.id() + " to see what they give"));
    }
    return selector;
  }

  /** The forced tier, or null when the choice is free. */
  public @Nullable Isa forced() {
    return forced;
  }

  /** When weights with zeros get sparse kernels. */
  public SparsePolicy sparse() {
    return sparse;
  }

  /** How products of constant weights multiply. */
  public FloatMath math() {
    return math;
  }

  /** The kernel for products of constant weights. */
  public GemmFloat pickConstantProduct() {
    return math == FloatMath.BF16 ? pick(GemmBf16.class) : pick(GemmF32.class);
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
    return forced.isNative() && (isa.isVector() || includes(forced, isa));
  }

  private static boolean includes(Isa tier, Isa plainer) {
    Isa next = tier.includes();
    return next != null && (next == plainer || includes(next, plainer));
  }
}
