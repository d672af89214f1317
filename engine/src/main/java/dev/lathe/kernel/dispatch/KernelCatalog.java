package dev.lathe.kernel.dispatch;

import dev.lathe.kernel.Kernel;
import dev.lathe.kernel.reference.ReferenceKernels;
import dev.lathe.kernel.vector.VectorKernels;
import java.util.ArrayList;
import java.util.List;

/**
 * Every kernel of this build that this process can run, best first: for one contract the selector
 * takes the first that it may. Tests, benchmarks and the command line are driven from this list.
 */
public final class KernelCatalog {

  private static final List<Kernel> ALL = build();

  private KernelCatalog() {}

  public static List<Kernel> all() {
    return ALL;
  }

  /** The kernels of one contract, best first. */
  public static <K extends Kernel> List<K> of(Class<K> contract) {
    return ALL.stream().filter(contract::isInstance).map(contract::cast).toList();
  }

  private static List<Kernel> build() {
    List<Kernel> kernels = new ArrayList<>();
    if (Machine.hasVectorModule()) {
      kernels.addAll(VectorKernels.all());
    }
    kernels.addAll(ReferenceKernels.all());
    return kernels.stream().filter(kernel -> Machine.here().has(kernel.isa())).toList();
  }
}
