package dev.lathe.kernel;

/**
 * A sign in {-1, 0, 1} for every number, by how it compares with a threshold.
 *
 * @param below the sign of what is less
 * @param equal of what is equal
 * @param above of what is greater
 * @param unordered of NaN
 */
public record SignRule(float threshold, int below, int equal, int above, int unordered) {

  public SignRule {
    if (Float.isNaN(threshold)) {
      throw new IllegalArgumentException("the threshold is NaN");
    }
    for (int sign : new int[] {below, equal, above, unordered}) {
      if (sign < -1 || sign > 1) {
        throw new IllegalArgumentException("a sign of " + sign);
      }
    }
  }

  /** The sign of a number. */
  public int sign(float x) {
    return x < threshold ? below : x == threshold ? equal : x > threshold ? above : unordered;
  }

  /** Whether some number has the sign 0. */
  public boolean hasZeros() {
    return below == 0 || equal == 0 || above == 0 || unordered == 0;
  }
}
