package dev.lathe.kernel.dispatch;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.Kernel;
import dev.lathe.kernel.KernelEntry;
import dev.lathe.kernel.ffm.FfmKernels;
import dev.lathe.kernel.reference.ReferenceKernels;
import dev.lathe.kernel.vector.VectorKernels;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Every kernel of this build that this process can run, best first: for one contract the selector
 * takes the first that it may. Tests, benchmarks and the command line are driven from this list.
 *
 * <p>A kernel is made when it is first asked for; {@link #all} and {@link #of(Class)} ask for all.
 */
public final class KernelCatalog {

  /**
   * Tiers from the fastest for a contract to the plainest. Widening bytes to 16 bits in 256-bit
   * vectors loses to fused multiply-adds in 512-bit ones.
   */
  private static final List<Isa> BEST_FIRST =
      List.of(
          Isa.AMXBF16,
          Isa.AMX,
          Isa.AVX512POPCNT,
          Isa.AVX512VNNI,
          Isa.AVXVNNI,
          Isa.NEONI8MM,
          Isa.NEONDOT,
          Isa.VECTOR512,
          Isa.AVX2,
          Isa.VECTOR256,
          Isa.VECTOR128,
          Isa.SCALAR);

  /** Of every tier this JVM may have; whether it has a native one is asked when it matters. */
  private static final List<KernelEntry<?>> ENTRIES = build();

  private KernelCatalog() {}

  /** Every entry; makes no kernel. */
  public static List<KernelEntry<?>> entries() {
    return available(entry -> true).toList();
  }

  public static List<Kernel> all() {
    return available(entry -> true).<Kernel>map(KernelEntry::kernel).toList();
  }

  /** The kernels of one contract, best first. */
  public static <K extends Kernel> List<K> of(Class<K> contract) {
    return of(contract, isa -> true).toList();
  }

  /**
   * The kernels of one contract on the allowed tiers, best first; each is made when the stream gets
   * to it.
   */
  static <K extends Kernel> Stream<K> of(Class<K> contract, Predicate<Isa> allowed) {
    return available(entry -> entry.contract() == contract && allowed.test(entry.isa()))
        .map(entry -> contract.cast(entry.kernel()));
  }

  private static Stream<KernelEntry<?>> available(Predicate<KernelEntry<?>> wanted) {
    return ENTRIES.stream().filter(entry -> wanted.test(entry) && Machine.here().has(entry.isa()));
  }

  private static List<KernelEntry<?>> build() {
    List<KernelEntry<?>> entries = new ArrayList<>(FfmKernels.all());
    if (Machine.hasVectorModule()) {
      entries.addAll(VectorKernels.all());
    } else {
      System.getLogger("dev.lathe")
          .log(
              System.Logger.Level.WARNING,
              "running on plain kernels: module jdk.incubator.vector is not resolved; start Java"
                  + " with --add-modules jdk.incubator.vector");
    }
    entries.addAll(ReferenceKernels.all());
    entries.sort(Comparator.comparingInt(entry -> BEST_FIRST.indexOf(entry.isa())));
    return List.copyOf(entries);
  }
}
