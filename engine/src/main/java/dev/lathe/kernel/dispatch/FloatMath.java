package dev.lathe.kernel.dispatch;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.Locale;

/** How float32 convolutions and products with constant weights multiply. */
public enum FloatMath {
  /** In fp32; the same bits on every tier. */
  FP32,
  /** With operands rounded to bf16, summed in fp32; see {@link dev.lathe.kernel.GemmBf16}. */
  BF16;

  /**
   * The value an option names.
   *
   * @throws UsageException for an unknown name
   */
  public static FloatMath parse(String text) {
    for (FloatMath math : values()) {
      if (math.id().equals(text.toLowerCase(Locale.ROOT))) {
        return math;
      }
    }
    throw new UsageException(
        new Problem(
            "unknown float math '" + text + "'", "option --float-math", "", "use fp32 or bf16"));
  }

  /** Lower case, as in options. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
