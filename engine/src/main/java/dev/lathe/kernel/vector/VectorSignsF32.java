package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.SignRule;
import dev.lathe.kernel.SignsF32;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link SignsF32}: the comparisons of a vector with the threshold become bits of a word.
 *
 * <pre>
 * instruction: vcmpps, vmovmskps (k registers at 512 bits); fcmgt and a narrowing on NEON
 * </pre>
 */
final class VectorSignsF32 implements SignsF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final int LANES = S.length();

  @Override
  public KernelName name() {
    return KernelName.of("f32", "signs", ISA);
  }

  @Override
  public void run(
      SignRule rule,
      MemorySegment src,
      long srcAt,
      int k,
      MemorySegment dst,
      long dstAt,
      long nonzeroStep,
      long rows) {
    int words = SignsF32.words(k);
    long from = Vectors.address(src, srcAt, 4 * rows * k);
    long to = Vectors.address(dst, dstAt, 4 * rows * words);
    if (nonzeroStep != 0) {
      Vectors.address(dst, dstAt + nonzeroStep, 4 * rows * words);
    }
    // Where rows are whole words, they are one row.
    long length = k % WORD == 0 ? rows * k : k;
    long count = k % WORD == 0 ? Math.min(rows, 1) : rows;
    long rowWords = Math.ceilDiv(length, (long) WORD);
    for (long row = 0; row < count; row++) {
      plane(rule, -1, from + 4 * row * length, length, to + 4 * row * rowWords);
      if (nonzeroStep != 0) {
        plane(rule, 0, from + 4 * row * length, length, to + nonzeroStep + 4 * row * rowWords);
      }
    }
  }

  /** One row: bits where the sign is -1, or for {@code sign} 0 where it is not 0. */
  private static void plane(SignRule rule, int sign, long from, long length, long to) {
    long flip = sign == 0 ? -1 : 0;
    long below = rule.below() == sign ? -1 : 0;
    long equal = rule.equal() == sign ? -1 : 0;
    long above = rule.above() == sign ? -1 : 0;
    long unordered = rule.unordered() == sign ? -1 : 0;
    FloatVector threshold = V.cast(FloatVector.broadcast(S, rule.threshold()));
    long i = 0;
    for (; i <= length - WORD; i += WORD) {
      long word = 0;
      for (int lane = 0; lane < WORD; lane += LANES) {
        long at = (from + 4 * (i + lane)) & ADDRESS;
        FloatVector x = V.cast(FloatVector.fromMemorySegment(S, ALL, at, LE));
        long less = x.compare(LT, threshold).toLong();
        long same = x.compare(EQ, threshold).toLong();
        long more = x.compare(GT, threshold).toLong();
        long bits = (less & below) | (same & equal) | (more & above);
        bits = (bits | (~(less | same | more) & unordered)) ^ flip;
        word |= (bits & ((1L << LANES) - 1)) << lane;
      }
      ALL.set(I32, (to + i / 8) & ADDRESS, (int) word);
    }
    if (i < length) {
      int rest = (int) (length - i);
      int word = 0;
      for (int lane = 0; lane < rest; lane++) {
        int found = rule.sign(ALL.get(F32, (from + 4 * (i + lane)) & ADDRESS));
        boolean set = sign == 0 ? found != 0 : found == sign;
        word |= set ? 1 << lane : 0;
      }
      ALL.set(I32, (to + i / 8) & ADDRESS, word);
    }
  }
}
