package dev.lathe.kernel;

import dev.lathe.cpu.Isa;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One line of the catalogue: a kernel that is made when it is first asked for, so that a process
 * only ever loads the code of the tiers it uses.
 */
public final class KernelEntry<K extends Kernel> {

  private final Class<K> contract;
  private final Isa isa;
  private final Supplier<? extends K> maker;
  private volatile @Nullable K kernel;

  /**
   * @param contract the interface the kernel is looked up by
   * @param maker called at most once
   */
  public KernelEntry(Class<K> contract, Isa isa, Supplier<? extends K> maker) {
    this.contract = contract;
    this.isa = isa;
    this.maker = maker;
  }

  public Class<K> contract() {
    return contract;
  }

  public Isa isa() {
    return isa;
  }

  /** The kernel, the same one at each call. */
  public K kernel() {
    K made = kernel;
    return made != null ? made : make();
  }

  private synchronized K make() {
    K made = kernel;
    if (made == null) {
      made = maker.get();
      kernel = made;
    }
    return made;
  }
}
