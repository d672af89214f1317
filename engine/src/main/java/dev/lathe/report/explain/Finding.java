package dev.lathe.report.explain;

import org.jspecify.annotations.Nullable;

/**
 * A cause that the plan's facts suggest for a layer.
 *
 * @param cause its id
 * @param layer name of the node
 * @param micros time of the layer
 * @param why what was found, with its numbers
 * @param remedy what mends it
 * @param trial how the gain is measured, or null
 * @param saves microseconds that go for certain with the cause, as they are the cause; else 0
 * @param unmeasured why there is no trial and no certain saving; else empty
 * @param always whether it is named without a measured gain
 */
public record Finding(
    String cause,
    String layer,
    double micros,
    String why,
    String remedy,
    @Nullable Trial trial,
    double saves,
    String unmeasured,
    boolean always) {

  static Finding tried(Cause cause, Layer layer, String why, String remedy, Trial trial) {
    return new Finding(cause.id(), layer.name(), layer.micros(), why, remedy, trial, 0, "", false);
  }

  static Finding certain(Cause cause, Layer layer, String why, String remedy, double saves) {
    return new Finding(
        cause.id(), layer.name(), layer.micros(), why, remedy, null, saves, "", true);
  }

  static Finding unmeasured(
      Cause cause, Layer layer, String why, String remedy, String unmeasured) {
    return new Finding(
        cause.id(), layer.name(), layer.micros(), why, remedy, null, 0, unmeasured, true);
  }

  /** The same without a measurement, and why. */
  Finding unmeasured(String reason) {
    return new Finding(cause, layer, micros, why, remedy, null, 0, reason, always);
  }
}
