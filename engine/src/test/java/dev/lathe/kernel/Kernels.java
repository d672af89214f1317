package dev.lathe.kernel;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.dispatch.KernelCatalog;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;

/** The catalogue as test arguments. */
final class Kernels {

  private Kernels() {}

  /** Every kernel of a contract, displayed by its name. */
  static <K extends Kernel> Stream<Named<K>> of(Class<K> contract) {
    return KernelCatalog.of(contract).stream()
        .map(kernel -> Named.of(kernel.name().toString(), kernel));
  }

  /** The plain kernel that the others must equal. */
  static <K extends Kernel> K reference(Class<K> contract) {
    return KernelCatalog.of(contract).stream()
        .filter(kernel -> kernel.isa() == Isa.SCALAR)
        .findFirst()
        .orElseThrow();
  }
}
