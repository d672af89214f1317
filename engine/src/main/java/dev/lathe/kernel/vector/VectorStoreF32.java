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
      int height,
      long bias,
      long addend,
      long dst,
      int i,
      int j,
      int nTo) {
    long dstStride = 4 * dstElements;
    long addendStride = 4 * epilogue.addendStride();
    long to = dst + i * dstStride + 4L * j;
    long plus = addend == 0 ? 0 : addend + i * addendStride + 4L * j;
    long offsets = bias == 0 ? 0 : bias + 4L * j;
    FloatVector min = V.cast(FloatVector.broadcast(S, epilogue.min()));
    FloatVector max = V.cast(FloatVector.broadcast(S, epilogue.max()));
    FloatVector none = V.cast(FloatVector.broadcast(S, -0f)); // x + -0 is x, even for x = -0
    for (int v = 0; v < 2; v++) {
      int columns = nTo - j - v * S.length();
      long at = v * V_BYTES;
      if (columns >= S.length()) {
        FloatVector offset =
            bias == 0
                ? none
                : V.cast(FloatVector.fromMemorySegment(S, ALL, (offsets + at) & ADDRESS, LE));
        for (int r = 0; r < height; r++) {
          long from = (acc + r * NR_BYTES + at) & ADDRESS;
          FloatVector y = V.cast(FloatVector.fromMemorySegment(S, ALL, from, LE));
          y = V.cast(y.lanewise(VectorOperators.ADD, offset));
          if (addend != 0) {
            long more = (plus + r * addendStride + at) & ADDRESS;
            FloatVector z = V.cast(FloatVector.fromMemorySegment(S, ALL, more, LE));
            y = V.cast(y.lanewise(VectorOperators.ADD, z));
          }
          y = V.cast(y.blend(min, y.compare(VectorOperators.LE, min)));
          y = V.cast(y.blend(max, y.compare(VectorOperators.GE, max)));
          y.intoMemorySegment(ALL, (to + r * dstStride + at) & ADDRESS, LE);
        }
      } else if (columns > 0) {
        VectorMask<Float> mask = S.indexInRange(0, columns);
        FloatVector offset =
            bias == 0
                ? none
                : V.cast(FloatVector.fromMemorySegment(S, ALL, (offsets + at) & ADDRESS, LE, mask));
        for (int r = 0; r < height; r++) {
          long from = (acc + r * NR_BYTES + at) & ADDRESS;
          FloatVector y = V.cast(FloatVector.fromMemorySegment(S, ALL, from, LE));
          y = V.cast(y.lanewise(VectorOperators.ADD, offset));
          if (addend != 0) {
            long more = (plus + r * addendStride + at) & ADDRESS;
            FloatVector z = V.cast(FloatVector.fromMemorySegment(S, ALL, more, LE, mask));
            y = V.cast(y.lanewise(VectorOperators.ADD, z));
          }
          y = V.cast(y.blend(min, y.compare(VectorOperators.LE, min)));
          y = V.cast(y.blend(max, y.compare(VectorOperators.GE, max)));
          y.intoMemorySegment(ALL, (to + r * dstStride + at) & ADDRESS, LE, mask);
        }
      }
    }
  }
}
