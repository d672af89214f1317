package dev.lathe.op;

/** The error function in double precision. */
final class ErrorFunction {

  private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

  private ErrorFunction() {}

  /**
   * erf(x) to about 1e-15: the Maclaurin series with positive terms, {@code 2/sqrt(pi) e^(-x^2) sum
   * of 2^n x^(2n+1) / (2n+1)!!} (Abramowitz and Stegun, 7.1.6).
   */
  static double erf(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    if (Math.abs(x) > 6) {
      return Math.signum(x);
    }
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return TWO_OVER_SQRT_PI * StrictMath.exp(-x * x) * sum;
  }
}
