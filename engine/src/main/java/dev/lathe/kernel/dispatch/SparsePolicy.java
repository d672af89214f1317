package dev.lathe.kernel.dispatch;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.Locale;

/** When products whose weights have zeros run on sparse kernels. */
public enum SparsePolicy {
  /** Where that is faster, by {@link MeasuredCosts}. */
  AUTO,
  /** Wherever a kernel can, for measurements and tests. */
  ALWAYS,
  /** Nowhere. */
  NEVER;

  /** System property that sets it. */
  public static final String PROPERTY = "dev.lathe.sparse";

  /**
   * What {@value #PROPERTY} says, or AUTO.
   *
   * @throws UsageException for anything else
   */
  static SparsePolicy standard() {
    String text = System.getProperty(PROPERTY, "auto").toUpperCase(Locale.ROOT);
    for (SparsePolicy policy : values()) {
      if (policy.name().equals(text)) {
        return policy;
      }
    }
    throw new UsageException(
        new Problem(
            "unknown value '" + System.getProperty(PROPERTY) + "'",
            "property " + PROPERTY,
            "",
            "use auto, always or never"));
  }
}
