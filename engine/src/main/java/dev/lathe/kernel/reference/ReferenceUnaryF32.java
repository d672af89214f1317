package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.MathF32;
import dev.lathe.kernel.UnaryF32;
import java.lang.foreign.MemorySegment;

/** {@link UnaryF32}, one element at a time. */
final class ReferenceUnaryF32 implements UnaryF32 {

  @Override
  public KernelName name() {
    return KernelName.of("f32", "unary", Isa.SCALAR);
  }

  @Override
  public void run(
      Function function,
      float a,
      float b,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      long count) {
    for (long i = 0; i < count; i++) {
      dst.set(F32, dstAt + 4 * i, apply(function, src.get(F32, srcAt + 4 * i), a, b));
    }
  }

  private static float apply(Function function, float x, float a, float b) {
    return switch (function) {
      case RELU -> Math.max(x, 0f);
      case LEAKY_RELU -> x < 0 ? a * x : x;
      case CLIP -> clip(x, a, b);
      case HARD_SIGMOID -> clip(a * x + b, 0, 1);
      case HARD_SWISH -> x * clip(x * (1f / 6) + 0.5f, 0, 1);
      case SIGMOID -> MathF32.sigmoid(x);
      case SWISH -> x * MathF32.sigmoid(a * x);
      case TANH -> MathF32.tanh(x);
      case EXP -> MathF32.exp(x);
      case LOG -> MathF32.log(x);
      case ERF -> MathF32.erf(x);
      case GELU -> MathF32.gelu(x);
      case GELU_TANH -> MathF32.geluTanh(x);
      case ELU -> x < 0 ? a * MathF32.expm1(x) : x;
      case SOFTPLUS -> MathF32.softplus(x);
      case SQRT -> (float) Math.sqrt(x);
      case RECIPROCAL -> 1 / x;
      case ABS -> Math.abs(x);
      case NEG -> -x;
      case FLOOR -> (float) Math.floor(x);
      case CEIL -> (float) Math.ceil(x);
      case ROUND -> (float) Math.rint(x);
    };
  }

  private static float clip(float x, float min, float max) {
    return Math.min(Math.max(x, min), max);
  }
}
