package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link StoreF32}, two vectors per row. */
final class VectorStoreF32 implements StoreF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final long V_BYTES = S.vectorByteSize();
  private static final long NR_BYTES = 2 * V_BYTES;

  @Override
  public void rows(
      long dstElements,
      FloatEpilogue epilogue,
      long acc,
      long panelStep,
      int height,
      long bias,
      long addend,
      long dst,
      int i,
      int j,
      int jTo) {
    long offsets = bias == 0 ? 0 : bias + 4L * j;
    for (int r = 0; r < height; r++) {
      long to = dst + 4 * (dstElements * (i + r) + j);
      long plus = addend == 0 ? 0 : addend + 4 * (epilogue.addendStride() * (i + r) + j);
      row(epilogue, acc + r * NR_BYTES, panelStep, offsets, plus, to, jTo - j);
    }
  }

  /** One row of {@code columns} sums. */
  private static void row(
      FloatEpilogue epilogue,
      long acc,
      long panelStep,
      long bias,
      long addend,
      long dst,
      int columns) {
    FloatVector min = V.cast(FloatVector.broadcast(S, epilogue.min()));
    FloatVector max = V.cast(FloatVector.broadcast(S, epilogue.max()));
    FloatVector none = V.cast(FloatVector.broadcast(S, -0f)); // x + -0 is x, even for x = -0
    int whole = columns / S.length() * S.length();
    long from = acc;
    for (int n = 0; n < whole; n += S.length()) {
      long at = 4L * n;
      FloatVector y = V.cast(FloatVector.fromMemorySegment(S, ALL, from & ADDRESS, LE));
      FloatVector offset =
          bias == 0
              ? none
              : V.cast(FloatVector.fromMemorySegment(S, ALL, (bias + at) & ADDRESS, LE));
      y = V.cast(y.lanewise(VectorOperators.ADD, offset));
      if (addend != 0) {
        FloatVector z = V.cast(FloatVector.fromMemorySegment(S, ALL, (addend + at) & ADDRESS, LE));
        y = V.cast(y.lanewise(VectorOperators.ADD, z));
      }
      y = V.cast(y.blend(min, y.compare(VectorOperators.LE, min)));
      y = V.cast(y.blend(max, y.compare(VectorOperators.GE, max)));
      y.intoMemorySegment(ALL, (dst + at) & ADDRESS, LE);
      from += (n / S.length() & 1) == 0 ? V_BYTES : panelStep - V_BYTES;
    }
    if (whole < columns) {
      VectorMask<Float> mask = S.indexInRange(0, columns - whole);
      long at = 4L * whole;
      FloatVector y = V.cast(FloatVector.fromMemorySegment(S, ALL, from & ADDRESS, LE));
      FloatVector offset =
          bias == 0
              ? none
              : V.cast(FloatVector.fromMemorySegment(S, ALL, (bias + at) & ADDRESS, LE, mask));
      y = V.cast(y.lanewise(VectorOperators.ADD, offset));
      if (addend != 0) {
        FloatVector z =
            V.cast(FloatVector.fromMemorySegment(S, ALL, (addend + at) & ADDRESS, LE, mask));
        y = V.cast(y.lanewise(VectorOperators.ADD, z));
      }
      y = V.cast(y.blend(min, y.compare(VectorOperators.LE, min)));
      y = V.cast(y.blend(max, y.compare(VectorOperators.GE, max)));
      y.intoMemorySegment(ALL, (dst + at) & ADDRESS, LE, mask);
    }
  }
}
