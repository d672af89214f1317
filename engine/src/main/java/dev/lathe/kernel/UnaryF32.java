package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/**
 * An fp32 function applied element by element; src and dst may be the same memory.
 * Exponential-based functions are those of {@link MathF32}: one fixed sequence of IEEE operations
 * on all tiers, so results are bit-identical. Every product and sum written below is rounded on its
 * own; min, max and clamp are those of {@link Math}.
 */
public interface UnaryF32 extends Kernel {

  /** What is computed; {@code a} and {@code b} are the two parameters of {@link #run}. */
  enum Function {
    RELU,
    /** x < 0 ? a * x : x. */
    LEAKY_RELU,
    /** min(max(x, a), b). */
    CLIP,
    /** a * x + b clamped to [0, 1]. */
    HARD_SIGMOID,
    /** x * clamp(x * (1 / 6) + 0.5, 0, 1), 1 / 6 rounded to float32. */
    HARD_SWISH,
    SIGMOID,
    /** x * sigmoid(a * x). */
    SWISH,
    TANH,
    EXP,
    LOG,
    ERF,
    /** 0.5 x (1 + erf(x / sqrt 2)). */
    GELU,
    /** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). */
    GELU_TANH,
    /** x < 0 ? a * (exp(x) - 1) : x. */
    ELU,
    SOFTPLUS,
    SQRT,
    RECIPROCAL,
    ABS,
    NEG,
    FLOOR,
    CEIL,
    /** Half to even. */
    ROUND
  }

  /** Computes {@code count} elements; offsets in bytes. */
  void run(
      Function function,
      float a,
      float b,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      long count);
}
