package dev.lathe.quant;

/** How a range becomes a scale and a zero point; see docs/numerics.md, "Choosing parameters". */
public enum Scheme {
  /**
   * {@code scale = (max - min) / (levels - 1)} over the range widened to hold zero, and the zero
   * point that makes zero exact.
   */
  AFFINE {
    @Override
    public Levels levels(int bits) {
      return Levels.unsigned(bits);
    }

    @Override
    QuantParams.Point choose(Range range, Levels levels) {
      Range wide = range.withZero();
      // In double: max - min of two floats must not overflow.
      double span = (double) wide.max() - wide.min();
      double exact = span / (levels.max() - levels.min());
      if (exact < Float.MIN_NORMAL) {
        return new QuantParams.Point(1, Math.clamp(0, levels.min(), levels.max()));
      }
      double ideal = levels.min() - wide.min() / exact;
      int zeroPoint = Math.clamp(Math.round(Math.rint(ideal)), levels.min(), levels.max());
      int reach = Math.max(levels.max() - zeroPoint, zeroPoint - levels.min());
      return new QuantParams.Point(finiteScale(exact, reach), zeroPoint);
    }
  },

  /** {@code scale = max|x| / highest level}, zero point 0. */
  SYMMETRIC {
    @Override
    public Levels levels(int bits) {
      return Levels.symmetric(bits);
    }

    @Override
    QuantParams.Point choose(Range range, Levels levels) {
      double exact = (double) range.maxAbs() / levels.max();
      return exact < Float.MIN_NORMAL
          ? new QuantParams.Point(1, 0)
          : new QuantParams.Point(finiteScale(exact, levels.max()), 0);
    }
  };

  /** The levels this scheme gives weights of a width. */
  public abstract Levels levels(int bits);

  /**
   * Scale and zero point for one range. A range too narrow for a normal float scale (all zeros, or
   * below about 1e-36) gets scale 1, so that all of it becomes zero.
   */
  abstract QuantParams.Point choose(Range range, Levels levels);

  /**
   * The scale as a float, held down so that the farthest level still dequantizes to a finite value.
   */
  private static float finiteScale(double exact, int reach) {
    float scale = (float) exact;
    float highest = Float.MAX_VALUE / reach;
    while (scale * reach > Float.MAX_VALUE) {
      scale = Math.nextDown(Math.min(scale, highest));
    }
    return scale;
  }
}
