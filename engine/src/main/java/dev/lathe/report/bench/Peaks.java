package dev.lathe.report.bench;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.DotProbeU8S8;
import dev.lathe.kernel.dispatch.KernelCatalog;
import dev.lathe.report.Profile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What rates are shares of: native integer kernels of the rate of their tier's 8-bit products, all
 * others, which multiply in fp32, of the rate of fused multiply-adds.
 *
 * @param dots of the native tiers that multiply in the networks
 */
public record Peaks(Peak fma, Map<Isa, Peak> dots) {

  public Peaks {
    dots = Map.copyOf(dots);
  }

  /** Measures the peaks of some kernels. */
  public static Peaks measure(int threads, Collection<String> kernels) {
    Map<Isa, Peak> dots = new EnumMap<>(Isa.class);
    for (DotProbeU8S8 probe : KernelCatalog.of(DotProbeU8S8.class)) {
      if (kernels.stream().anyMatch(kernel -> isProduct(kernel, probe.isa()))) {
        dots.put(probe.isa(), Peak.dot(probe, threads));
      }
    }
    return new Peaks(Peak.fma(threads), dots);
  }

  private static boolean isProduct(String kernel, Isa isa) {
    return kernel.startsWith("u8s8_") && kernel.endsWith("__" + isa.id());
  }

  /** The better of two measurements of the same kernels. */
  Peaks max(Peaks other) {
    Map<Isa, Peak> best = new EnumMap<>(Isa.class);
    dots.forEach((isa, peak) -> best.merge(isa, peak, Peak::max));
    other.dots.forEach((isa, peak) -> best.merge(isa, peak, Peak::max));
    return new Peaks(fma.max(other.fma), best);
  }

  /** The peak of a kernel, by its name. */
  public Peak of(String kernel) {
    return of(Set.of(kernel));
  }

  /** The peak of a node that several kernels work on: of its products. */
  Peak of(Set<String> kernels) {
    return dots.values().stream()
        .filter(peak -> kernels.stream().anyMatch(kernel -> isProduct(kernel, peak.isa())))
        .max(Comparator.comparingDouble(Peak::gmacs))
        .orElse(fma);
  }

  /**
   * The rate of a network whose nodes all run at their peaks: its multiply-accumulates / the sum of
   * what every node executes of its own / its peak.
   */
  double gmacs(List<Profile.Work> nodes) {
    double time =
        nodes.stream().mapToDouble(node -> node.executed() / of(node.kernels()).gmacs()).sum();
    long macs = nodes.stream().mapToLong(Profile.Work::macs).sum();
    return macs == 0 || time == 0 ? fma.gmacs() : macs / time;
  }

  /** All peaks: of fused multiply-adds first. */
  public List<Peak> all() {
    List<Peak> all = new ArrayList<>(List.of(fma));
    dots.values().stream().sorted(Comparator.comparing(Peak::isa)).forEach(all::add);
    return all;
  }
}
