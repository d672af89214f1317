package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.MathF32;
import java.lang.foreign.MemorySegment;

/** {@link BinaryF32}, one element at a time. */
final class ReferenceBinaryF32 implements BinaryF32 {

  @Override
  public KernelName name() {
    return KernelName.of("f32", "binary", Isa.SCALAR);
  }

  @Override
  public void run(
      Function function,
      MemorySegment lhs,
      long lhsAt,
      int lhsStep,
      MemorySegment rhs,
      long rhsAt,
      int rhsStep,
      MemorySegment dst,
      long dstAt,
      long count) {
    if (count == 0) {
      return;
    }
    float x = lhs.get(F32, lhsAt);
    float y = rhs.get(F32, rhsAt);
    for (long i = 0; i < count; i++) {
      x = lhsStep == 0 ? x : lhs.get(F32, lhsAt + 4 * i);
      y = rhsStep == 0 ? y : rhs.get(F32, rhsAt + 4 * i);
      dst.set(F32, dstAt + 4 * i, apply(function, x, y));
    }
  }

  private static float apply(Function function, float x, float y) {
    return switch (function) {
      case ADD -> x + y;
      case SUB -> x - y;
      case MUL -> x * y;
      case DIV -> x / y;
      case MIN -> Math.min(x, y);
      case MAX -> Math.max(x, y);
      case POW -> MathF32.pow(x, y);
      case PRELU -> x < 0 ? x * y : x;
    };
  }
}
