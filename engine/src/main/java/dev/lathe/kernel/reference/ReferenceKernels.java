package dev.lathe.kernel.reference;

import dev.lathe.kernel.Kernel;
import java.util.List;

/** The plain kernels: the oracle every fast kernel is tested against, and the last resort. */
public final class ReferenceKernels {

  private ReferenceKernels() {}

  public static List<Kernel> all() {
    return List.of();
  }
}
