package dev.lathe.kernel;

import dev.lathe.cpu.Isa;

/**
 * Anything the catalogue can list and the selector can pick. Kernels are stateless and thread-safe.
 */
public interface Kernel {

  KernelName name();

  /** The tier this kernel is written for. */
  default Isa isa() {
    return name().isa();
  }
}
