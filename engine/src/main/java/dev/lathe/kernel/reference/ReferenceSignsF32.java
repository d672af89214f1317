package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.SignRule;
import dev.lathe.kernel.SignsF32;
import java.lang.foreign.MemorySegment;

/** {@link SignsF32}, one number after the other. */
final class ReferenceSignsF32 implements SignsF32 {

  @Override
  public KernelName name() {
    return KernelName.of("f32", "signs", Isa.SCALAR);
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
    for (long row = 0; row < rows; row++) {
      for (int word = 0; word < words; word++) {
        int negative = 0;
        int nonzero = 0;
        for (int i = word * WORD; i < Math.min(k, (word + 1) * WORD); i++) {
          int sign = rule.sign(src.get(F32, srcAt + 4 * (row * k + i)));
          negative |= sign < 0 ? 1 << i : 0;
          nonzero |= sign != 0 ? 1 << i : 0;
        }
        long at = dstAt + 4 * (row * words + word);
        dst.set(I32, at, negative);
        if (nonzeroStep != 0) {
          dst.set(I32, at + nonzeroStep, nonzero);
        }
      }
    }
  }
}
