package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.I32;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.BIT_COUNT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.MUL;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.SUB;
import static jdk.incubator.vector.VectorOperators.XOR;

import dev.lathe.cpu.Isa;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link SignTiles}, one row and one vector of columns at a time: every lane is a column, a word of
 * A is broadcast.
 *
 * <pre>
 * eight words xor A    are added up bit by bit by carry-save adders (Harley and Seal): 7 adders of 5
 *                      logical operations, whose state is three vectors of weight 1, 2 and 4
 * the carry of weight 8  is counted, per byte, once for the eight words
 * at the end of a row    the state is counted
 * registers: ones, twos, fours, eights, total + 7 temporaries of 16
 * range: bytes count at most 31 words of eights, and at most 8 * 7 + 7 * 8 at the end
 * instruction: vpxor, vpand, vpor (vpternlogd at 512 bits); a byte's bits by vpshufb, vpopcntb or cnt
 * </pre>
 *
 * <p>See {@link VectorTilesF32} for what keeps the loops free of checks and spills.
 */
final class VectorSignTiles implements SignTiles {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final boolean MASKED =
      Specialization.operation(MethodHandles.lookup(), SignKind.class) == SignKind.TERNARY;
  private static final VectorSpecies<Integer> S = Vectors.ints(ISA);
  private static final VectorSpecies<Byte> BYTES = Vectors.bytes(ISA);
  private static final VectorSpecies<Float> FLOATS = Vectors.floats(ISA);
  private static final Class<? extends IntVector> V = Vectors.exactInt(S);
  private static final Class<? extends ByteVector> B = Vectors.exactByte(BYTES);
  private static final Class<? extends FloatVector> F = Vectors.exact(FLOATS);
  private static final long V_BYTES = S.vectorByteSize();
  private static final long NR_BYTES = 2 * V_BYTES;

  /** Rounds of eight words until the counts of a byte must move on. */
  private static final int MOST = 31;

  @Override
  public int nr() {
    return 2 * S.length();
  }

  @Override
  public void rows(
      long a,
      long aStep,
      int count,
      long nonzeroStep,
      long nonzeros,
      int words,
      long panel,
      long scales,
      long acc) {
    for (int r = 0; r < count; r++) {
      long row = a + r * aStep;
      long m = row + nonzeroStep;
      int most = ALL.get(I32, (nonzeros + 4L * r) & ADDRESS);
      long to = acc + r * NR_BYTES;
      columns(row, m, most, words, panel, NR_BYTES, scales, to);
      columns(row, m, most, words, panel + V_BYTES, NR_BYTES, scales + V_BYTES, to + V_BYTES);
    }
  }

  private static void columns(
      long a, long m, int nonzeros, int words, long panel, long step, long scales, long acc) {
    IntVector ones = V.cast(IntVector.zero(S));
    IntVector twos = V.cast(IntVector.zero(S));
    IntVector fours = V.cast(IntVector.zero(S));
    IntVector total = V.cast(IntVector.zero(S));
    IntVector low = V.cast(IntVector.broadcast(S, 0x00ff00ff));
    IntVector lowest = V.cast(IntVector.broadcast(S, 0xffff));
    a &= ADDRESS;
    m &= ADDRESS;
    int x = 0;
    long b = panel;
    for (int left = words / 8; left > 0; left -= MOST) {
      ByteVector eights = B.cast(ByteVector.zero(BYTES));
      long end = b + 8 * step * Math.min(left, MOST);
      while (b < end) {
        x &= Integer.MAX_VALUE;
        b &= ADDRESS;
        IntVector p0 =
            V.cast(
                V.cast(IntVector.broadcast(S, ALL.get(I32, a + x)))
                    .lanewise(XOR, V.cast(IntVector.fromMemorySegment(S, ALL, b, LE))));
        p0 =
            MASKED
                ? V.cast(p0.lanewise(AND, V.cast(IntVector.broadcast(S, ALL.get(I32, m + x)))))
                : p0;
        IntVector p1 =
            V.cast(
                V.cast(IntVector.broadcast(S, ALL.get(I32, a + x + 4)))
                    .lanewise(XOR, V.cast(IntVector.fromMemorySegment(S, ALL, b + NR_BYTES, LE))));
        p1 =
            MASKED
                ? V.cast(p1.lanewise(AND, V.cast(IntVector.broadcast(S, ALL.get(I32, m + x + 4)))))
                : p1;
        IntVector u0 = V.cast(p0.lanewise(XOR, p1));
        IntVector t00 =
            V.cast(
                V.cast(p0.lanewise(AND, p1)).lanewise(OR, V.cast(u0.lanewise(AND, V.cast(ones)))));
        ones = V.cast(V.cast(ones).lanewise(XOR, u0));
        IntVector p2 =
            V.cast(
                V.cast(IntVector.broadcast(S, ALL.get(I32, a + x + 8)))
                    .lanewise(
                        XOR, V.cast(IntVector.fromMemorySegment(S, ALL, b + 2 * NR_BYTES, LE))));
        p2 =
            MASKED
                ? V.cast(p2.lanewise(AND, V.cast(IntVector.broadcast(S, ALL.get(I32, m + x + 8)))))
                : p2;
        IntVector p3 =
            V.cast(
                V.cast(IntVector.broadcast(S, ALL.get(I32, a + x + 12)))
                    .lanewise(
                        XOR, V.cast(IntVector.fromMemorySegment(S, ALL, b + 3 * NR_BYTES, LE))));
        p3 =
            MASKED
                ? V.cast(p3.lanewise(AND, V.cast(IntVector.broadcast(S, ALL.get(I32, m + x + 12)))))
                : p3;
        IntVector u2 = V.cast(p2.lanewise(XOR, p3));
        IntVector t01 =
            V.cast(
                V.cast(p2.lanewise(AND, p3)).lanewise(OR, V.cast(u2.lanewise(AND, V.cast(ones)))));
        ones = V.cast(V.cast(ones).lanewise(XOR, u2));
        IntVector v0 = V.cast(t00.lanewise(XOR, t01));
        IntVector f0 =
            V.cast(
                V.cast(t00.lanewise(AND, t01))
                    .lanewise(OR, V.cast(v0.lanewise(AND, V.cast(twos)))));
        twos = V.cast(V.cast(twos).lanewise(XOR, v0));
        IntVector p4 =
            V.cast(
                V.cast(IntVector.broadcast(S, ALL.get(I32, a + x + 16)))
                    .lanewise(
                        XOR, V.cast(IntVector.fromMemorySegment(S, ALL, b + 4 * NR_BYTES, LE))));
        p4 =
            MASKED
                ? V.cast(p4.lanewise(AND, V.cast(IntVector.broadcast(S, ALL.get(I32, m + x + 16)))))
                : p4;
        IntVector p5 =
            V.cast(
                V.cast(IntVector.broadcast(S, ALL.get(I32, a + x + 20)))
                    .lanewise(
                        XOR, V.cast(IntVector.fromMemorySegment(S, ALL, b + 5 * NR_BYTES, LE))));
        p5 =
            MASKED
                ? V.cast(p5.lanewise(AND, V.cast(IntVector.broadcast(S, ALL.get(I32, m + x + 20)))))
                : p5;
        IntVector u4 = V.cast(p4.lanewise(XOR, p5));
        IntVector t10 =
            V.cast(
                V.cast(p4.lanewise(AND, p5)).lanewise(OR, V.cast(u4.lanewise(AND, V.cast(ones)))));
        ones = V.cast(V.cast(ones).lanewise(XOR, u4));
        IntVector p6 =
            V.cast(
                V.cast(IntVector.broadcast(S, ALL.get(I32, a + x + 24)))
                    .lanewise(
                        XOR, V.cast(IntVector.fromMemorySegment(S, ALL, b + 6 * NR_BYTES, LE))));
        p6 =
            MASKED
                ? V.cast(p6.lanewise(AND, V.cast(IntVector.broadcast(S, ALL.get(I32, m + x + 24)))))
                : p6;
        IntVector p7 =
            V.cast(
                V.cast(IntVector.broadcast(S, ALL.get(I32, a + x + 28)))
                    .lanewise(
                        XOR, V.cast(IntVector.fromMemorySegment(S, ALL, b + 7 * NR_BYTES, LE))));
        p7 =
            MASKED
                ? V.cast(p7.lanewise(AND, V.cast(IntVector.broadcast(S, ALL.get(I32, m + x + 28)))))
                : p7;
        IntVector u6 = V.cast(p6.lanewise(XOR, p7));
        IntVector t11 =
            V.cast(
                V.cast(p6.lanewise(AND, p7)).lanewise(OR, V.cast(u6.lanewise(AND, V.cast(ones)))));
        ones = V.cast(V.cast(ones).lanewise(XOR, u6));
        IntVector v1 = V.cast(t10.lanewise(XOR, t11));
        IntVector f1 =
            V.cast(
                V.cast(t10.lanewise(AND, t11))
                    .lanewise(OR, V.cast(v1.lanewise(AND, V.cast(twos)))));
        twos = V.cast(V.cast(twos).lanewise(XOR, v1));
        IntVector z = V.cast(f0.lanewise(XOR, f1));
        IntVector e =
            V.cast(
                V.cast(f0.lanewise(AND, f1)).lanewise(OR, V.cast(z.lanewise(AND, V.cast(fours)))));
        fours = V.cast(V.cast(fours).lanewise(XOR, z));
        eights =
            B.cast(
                B.cast(eights)
                    .lanewise(ADD, B.cast(B.cast(e.reinterpretAsBytes()).lanewise(BIT_COUNT))));
        x += 32;
        b += 8 * step;
      }
      IntVector s = V.cast(B.cast(eights).reinterpretAsInts());
      s =
          V.cast(
              V.cast(s.lanewise(AND, low))
                  .lanewise(ADD, V.cast(V.cast(s.lanewise(LSHR, 8)).lanewise(AND, low))));
      s = V.cast(V.cast(s.lanewise(ADD, V.cast(s.lanewise(LSHR, 16)))).lanewise(AND, lowest));
      total = V.cast(V.cast(total).lanewise(ADD, s));
    }
    ByteVector count = B.cast(B.cast(V.cast(fours).reinterpretAsBytes()).lanewise(BIT_COUNT));
    count =
        B.cast(
            B.cast(count.lanewise(ADD, count))
                .lanewise(
                    ADD, B.cast(B.cast(V.cast(twos).reinterpretAsBytes()).lanewise(BIT_COUNT))));
    count =
        B.cast(
            B.cast(count.lanewise(ADD, count))
                .lanewise(
                    ADD, B.cast(B.cast(V.cast(ones).reinterpretAsBytes()).lanewise(BIT_COUNT))));
    long end = b + step * (words % 8);
    while (b < end) {
      x &= Integer.MAX_VALUE;
      b &= ADDRESS;
      IntVector p =
          V.cast(
              V.cast(IntVector.broadcast(S, ALL.get(I32, a + x)))
                  .lanewise(XOR, V.cast(IntVector.fromMemorySegment(S, ALL, b, LE))));
      p = MASKED ? V.cast(p.lanewise(AND, V.cast(IntVector.broadcast(S, ALL.get(I32, m + x))))) : p;
      count =
          B.cast(
              B.cast(count)
                  .lanewise(ADD, B.cast(B.cast(p.reinterpretAsBytes()).lanewise(BIT_COUNT))));
      x += 4;
      b += step;
    }
    IntVector d = V.cast(B.cast(count).reinterpretAsInts());
    d =
        V.cast(
            V.cast(d.lanewise(AND, low))
                .lanewise(ADD, V.cast(V.cast(d.lanewise(LSHR, 8)).lanewise(AND, low))));
    d = V.cast(V.cast(d.lanewise(ADD, V.cast(d.lanewise(LSHR, 16)))).lanewise(AND, lowest));
    d = V.cast(d.lanewise(ADD, V.cast(V.cast(total).lanewise(LSHL, 3))));
    d = V.cast(V.cast(IntVector.broadcast(S, nonzeros)).lanewise(SUB, V.cast(d.lanewise(ADD, d))));
    FloatVector y = F.cast(d.convert(VectorOperators.I2F, 0));
    FloatVector scale = F.cast(FloatVector.fromMemorySegment(FLOATS, ALL, scales & ADDRESS, LE));
    F.cast(y.lanewise(MUL, scale)).intoMemorySegment(ALL, acc & ADDRESS, LE);
  }
}
