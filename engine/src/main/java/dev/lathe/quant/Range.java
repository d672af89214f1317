package dev.lathe.quant;

/**
 * The closed interval real values were observed in.
 *
 * @param min finite
 * @param max finite, not below {@code min}
 */
public record Range(float min, float max) {

  public Range {
    if (!Float.isFinite(min) || !Float.isFinite(max) || min > max) {
      throw new IllegalArgumentException("no finite range: [" + min + ", " + max + "]");
    }
  }

  /** The smallest range that holds this one and zero. */
  public Range withZero() {
    return min <= 0 && max >= 0 ? this : new Range(Math.min(min, 0), Math.max(max, 0));
  }

  public Range union(Range other) {
    return new Range(Math.min(min, other.min), Math.max(max, other.max));
  }

  /** Largest magnitude in the range. */
  public float maxAbs() {
    return Math.max(Math.abs(min), Math.abs(max));
  }
}
