package dev.lathe.report.conformance;

import java.util.Locale;

/** How a test case ended. */
public enum Outcome {
  /** Every output is as expected. */
  PASSED,
  /** An output has another type or shape, or values beyond the tolerance. */
  WRONG,
  /** Lathe said that it does not run this, and why. */
  UNSUPPORTED,
  /** A valid model was refused as invalid, or something failed inside: a defect. */
  ERROR,
  /** The case has no model or no data here. */
  SKIPPED;

  /** Whether the case shows a defect. */
  public boolean isFailure() {
    return this == WRONG || this == ERROR;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
