package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The specialisations of one template for the operations of an enum, each made when it is first
 * used.
 */
final class PerOperation<E extends Enum<E>, T> {

  private final Class<? extends T> template;
  private final Isa isa;
  private final Map<E, T> made = new ConcurrentHashMap<>();

  PerOperation(Class<? extends T> template, Isa isa) {
    this.template = template;
    this.isa = isa;
  }

  T get(E operation) {
    T instance = made.get(operation);
    return instance != null ? instance : made.computeIfAbsent(operation, this::specialise);
  }

  private T specialise(E operation) {
    return Specialization.of(template, isa, operation);
  }
}
