package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.util.List;

/**
 * One source, three widths: turns a kernel class into a class of its own per tier.
 *
 * <p>C2 makes good code of the Vector API only where the species is a constant. A kernel is
 * therefore written once, as a template whose species are static finals taken from the tier it is
 * specialised for, and {@link #of} defines its class file again, as a hidden class, for each tier
 * that is asked for:
 *
 * <pre>
 * final class VectorUnaryF32 implements UnaryF32 {
 *   private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
 *   private static final VectorSpecies&lt;Float&gt; S = Vectors.floats(ISA);
 *   private static final Class&lt;? extends FloatVector&gt; V = Vectors.exact(S);
 *   ...
 *     FloatVector x = V.cast(FloatVector.fromMemorySegment(S, ALL, at, LE));
 *     acc = x.lanewise(FMA, y, V.cast(acc));
 * </pre>
 *
 * <p>{@code V.cast} stands around every load and every loop-carried vector. It costs nothing and
 * names the exact vector class; without it C2 relies on the type profiles in the Vector API's
 * shared methods, which are useless once one process has used two widths, and boxes every vector.
 *
 * <p>A template is a top-level class with a constructor without parameters; it has no nested
 * classes and its own name appears in no signature and no field type, for those would mean the
 * template, not the specialised class.
 */
final class Specialization {

  private static final Lookup LOOKUP = MethodHandles.lookup();

  private Specialization() {}

  /** What {@code template} becomes on a Vector API tier; a new class at each call. */
  static <T> T of(Class<? extends T> template, Isa isa) {
    return define(template, List.of(isa));
  }

  /**
   * What {@code template} becomes on a Vector API tier for one operation; a new class at each call,
   * with type and branch profiles of its own.
   */
  static <T> T of(Class<? extends T> template, Isa isa, Enum<?> operation) {
    return define(template, List.of(isa, operation));
  }

  private static <T> T define(Class<? extends T> template, List<Object> classData) {
    try {
      Lookup specialised =
          LOOKUP.defineHiddenClassWithClassData(
              classFile(template), classData, /* initialize= */ true);
      Object instance =
          specialised
              .findConstructor(specialised.lookupClass(), MethodType.methodType(void.class))
              .invoke();
      @SuppressWarnings("unchecked") // the hidden class has the template's supertypes
      T typed = (T) instance;
      return typed;
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      throw new InternalException(
          Problem.of("kernel cannot be specialised", template.getName() + " for " + classData), e);
    }
  }

  /**
   * The tier a class is being specialised for; for the static initialiser of a template.
   *
   * @throws InternalException when the template itself is used, not a specialisation of it
   */
  static Isa isa(Lookup template) {
    return classData(template, Isa.class, 0);
  }

  /** The operation a class is being specialised for; see {@link #isa}. */
  static <E extends Enum<E>> E operation(Lookup template, Class<E> type) {
    return classData(template, type, 1);
  }

  private static <T> T classData(Lookup template, Class<T> type, int index) {
    T value;
    try {
      value = MethodHandles.classDataAt(template, "_", type, index);
    } catch (IllegalAccessException e) {
      throw new AssertionError("a class's own lookup has full access", e);
    }
    if (value == null) {
      throw new InternalException(
          Problem.of("template used unspecialised", template.lookupClass().getName()));
    }
    return value;
  }

  private static byte[] classFile(Class<?> template) throws IOException {
    String file = template.getSimpleName() + ".class";
    try (InputStream in = template.getResourceAsStream(file)) {
      if (in == null) {
        throw new IOException("no class file " + file);
      }
      return in.readAllBytes();
    }
  }
}
