package dev.lathe.kernel;

/**
 * The error function in double precision, for tests: series near zero, continued fraction beyond.
 */
final class Erf {

  private Erf() {}

  static double erf(double x) {
    double magnitude = Math.abs(x);
    if (magnitude < 3) {
      return Math.copySign(series(magnitude), x);
    }
    return Math.copySign(magnitude > 7 ? 1 : 1 - complement(magnitude), x);
  }

  /** Abramowitz and Stegun 7.1.5. */
  private static double series(double x) {
    double sum = 0;
    double term = x;
    for (int n = 0; n < 100; n++) {
      sum += term / (2 * n + 1);
      term *= -x * x / (n + 1);
    }
    return sum * 2 / Math.sqrt(Math.PI);
  }

  /** Abramowitz and Stegun 7.1.14. */
  private static double complement(double x) {
    double fraction = 0;
    for (int k = 80; k > 0; k--) {
      fraction = k / 2.0 / (x + fraction);
    }
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
  }
}
