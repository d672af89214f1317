package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Transposer}, two columns at a time. Loads that reach back over their row place its pair of
 * elements in the lanes it belongs to, so that all but the last exchange are blends:
 *
 * <pre>
 * even  = r0[c c+1] r2[c c+1] r4[c c+1] r6[c c+1]         a load per row and a blend
 * odd   = r1[c c+1] r3[c c+1] r5[c c+1] r7[c c+1]
 * c     = even with odd shifted up by a lane              one shift and a blend each
 * c + 1 = odd with even shifted down by a lane
 * instruction: vmovdqu, vpblendvb, vpsllq, vpsrlq
 * </pre>
 *
 * <p>Vectors of 512 bits bring nothing: a strip has eight rows there, too.
 */
final class VectorTransposer implements Transposer {

  private static final Isa ISA = narrow(Specialization.isa(MethodHandles.lookup()));
  private static final boolean COPIES =
      Specialization.operation(MethodHandles.lookup(), Kind.class) == Kind.COPY;
  private static final VectorSpecies<Integer> S = Vectors.ints(ISA);
  private static final VectorSpecies<Float> F = Vectors.floats(ISA);
  private static final Class<? extends IntVector> V = Vectors.exactInt(S);
  private static final Class<? extends LongVector> L = Vectors.exactLong(Vectors.longs(ISA));
  private static final Class<? extends FloatVector> X = Vectors.exact(F);
  private static final int ROWS = S.length();
  private static final VectorMask<Integer> FROM_2 = VectorMask.fromLong(S, ~0L << 2);
  private static final VectorMask<Integer> FROM_4 = VectorMask.fromLong(S, ~0L << 4);
  private static final VectorMask<Integer> FROM_6 = VectorMask.fromLong(S, ~0L << 6);
  private static final VectorMask<Integer> ODD = VectorMask.fromLong(S, 0xAAAA);

  private static Isa narrow(Isa isa) {
    return isa == Isa.VECTOR512 ? Isa.VECTOR256 : isa;
  }

  @Override
  public int rows() {
    return ROWS;
  }

  @Override
  public void strip(
      FloatEpilogue epilogue,
      long src,
      long srcStep,
      int columns,
      long bias,
      long addend,
      long addendStep,
      long dst,
      long dstStep) {
    float min = epilogue.min();
    float max = epilogue.max();
    long end = src + 4L * columns;
    strip(src, srcStep, end, 8, bias, addend, addendStep, dst, dstStep, min, max);
  }

  private static void strip(
      long src,
      long srcStep,
      long end,
      long pairBytes,
      long bias,
      long addend,
      long addendStep,
      long dst,
      long dstStep,
      float least,
      float most) {
    FloatVector min = X.cast(FloatVector.broadcast(F, least));
    FloatVector max = X.cast(FloatVector.broadcast(F, most));
    FloatVector offset = X.cast(FloatVector.broadcast(F, -0f)); // x + -0 is x, even for x = -0
    if (bias != 0) {
      offset = X.cast(FloatVector.fromMemorySegment(F, ALL, bias & ADDRESS, LE));
    }
    long s = src;
    long d = dst;
    long more = addend;
    long step = 2 * srcStep - 8;
    while (s < end) {
      s &= ADDRESS;
      long row = s;
      IntVector even = V.cast(IntVector.fromMemorySegment(S, ALL, row, LE));
      row = (row + step) & ADDRESS;
      even = V.cast(even.blend(V.cast(IntVector.fromMemorySegment(S, ALL, row, LE)), FROM_2));
      if (ROWS == 8) {
        row = (row + step) & ADDRESS;
        even = V.cast(even.blend(V.cast(IntVector.fromMemorySegment(S, ALL, row, LE)), FROM_4));
        row = (row + step) & ADDRESS;
        even = V.cast(even.blend(V.cast(IntVector.fromMemorySegment(S, ALL, row, LE)), FROM_6));
      }
      row = (s + srcStep) & ADDRESS;
      IntVector odd = V.cast(IntVector.fromMemorySegment(S, ALL, row, LE));
      row = (row + step) & ADDRESS;
      odd = V.cast(odd.blend(V.cast(IntVector.fromMemorySegment(S, ALL, row, LE)), FROM_2));
      if (ROWS == 8) {
        row = (row + step) & ADDRESS;
        odd = V.cast(odd.blend(V.cast(IntVector.fromMemorySegment(S, ALL, row, LE)), FROM_4));
        row = (row + step) & ADDRESS;
        odd = V.cast(odd.blend(V.cast(IntVector.fromMemorySegment(S, ALL, row, LE)), FROM_6));
      }
      LongVector up = L.cast(L.cast(odd.reinterpretAsLongs()).lanewise(LSHL, 32));
      LongVector down = L.cast(L.cast(even.reinterpretAsLongs()).lanewise(LSHR, 32));
      IntVector first = V.cast(even.blend(V.cast(up.reinterpretAsInts()), ODD));
      IntVector second = V.cast(V.cast(down.reinterpretAsInts()).blend(odd, ODD));
      d &= ADDRESS;
      if (COPIES) {
        first.intoMemorySegment(ALL, d, LE);
        d = (d + dstStep) & ADDRESS;
        second.intoMemorySegment(ALL, d, LE);
      } else {
        FloatVector y = X.cast(first.reinterpretAsFloats());
        FloatVector z = X.cast(second.reinterpretAsFloats());
        y = X.cast(y.lanewise(ADD, offset));
        z = X.cast(z.lanewise(ADD, offset));
        if (addend != 0) {
          more &= ADDRESS;
          y = X.cast(y.lanewise(ADD, X.cast(FloatVector.fromMemorySegment(F, ALL, more, LE))));
          more = (more + addendStep) & ADDRESS;
          z = X.cast(z.lanewise(ADD, X.cast(FloatVector.fromMemorySegment(F, ALL, more, LE))));
          more += addendStep;
        }
        y = X.cast(y.blend(min, y.compare(VectorOperators.LE, min)));
        z = X.cast(z.blend(min, z.compare(VectorOperators.LE, min)));
        X.cast(y.blend(max, y.compare(VectorOperators.GE, max))).intoMemorySegment(ALL, d, LE);
        d = (d + dstStep) & ADDRESS;
        X.cast(z.blend(max, z.compare(VectorOperators.GE, max))).intoMemorySegment(ALL, d, LE);
      }
      d += dstStep;
      s += pairBytes;
    }
  }
}
