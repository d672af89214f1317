package dev.lathe.report.diff;

import dev.lathe.compress.weights.Weight;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A constant that only one model has, or that is another in each.
 *
 * @param before null when it was added
 * @param after null when it was removed
 * @param differing elements that differ; 0 where elements can't be compared one by one
 * @param maxAbs largest difference of two elements; NaN where they are no numbers to compare
 * @param sqnrDb {@code 10 log10(sum before^2 / sum (before - after)^2)}; NaN likewise
 */
public record ConstantChange(
    String name,
    @Nullable Tensor before,
    @Nullable Tensor after,
    long differing,
    double maxAbs,
    double sqnrDb) {

  /** How two constants of a name differ; null when they do not. */
  static @Nullable ConstantChange of(String name, @Nullable Tensor before, @Nullable Tensor after) {
    if (before == null || after == null || !before.shape().equals(after.shape())) {
      return new ConstantChange(name, before, after, 0, Double.NaN, Double.NaN);
    }
    if (before.dtype() == after.dtype() && before.data().mismatch(after.data()) < 0) {
      return null;
    }
    if (!isNumber(before.dtype()) || !isNumber(after.dtype())) {
      return new ConstantChange(name, before, after, 0, Double.NaN, Double.NaN);
    }
    long differing = 0;
    double maxAbs = 0;
    double signal = 0;
    double noise = 0;
    for (long i = 0; i < before.elements(); i++) {
      double x = value(before, i);
      double y = value(after, i);
      differing += Double.compare(x, y) == 0 ? 0 : 1;
      maxAbs = Math.max(maxAbs, Math.abs(x - y));
      signal += x * x;
      noise += (x - y) * (x - y);
    }
    double sqnr = noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
    return new ConstantChange(name, before, after, differing, maxAbs, sqnr);
  }

  private static boolean isNumber(DType dtype) {
    return Weight.isFloat(dtype) || dtype.isInteger() || dtype == DType.BOOL;
  }

  private static double value(Tensor tensor, long i) {
    return Weight.isFloat(tensor.dtype()) ? tensor.real(i) : tensor.integer(i);
  }

  /** {@code added}, {@code removed} or {@code changed}. */
  public String kind() {
    return before == null ? "added" : after == null ? "removed" : "changed";
  }

  /** As in {@code float32 16x3x3x3 -> int8 16x3x3x3}. */
  public String types() {
    String left = before == null ? "" : before.toString();
    String right = after == null ? "" : after.toString();
    return before == null || after == null || left.equals(right)
        ? left.isEmpty() ? right : left
        : left + " -> " + right;
  }

  /** The difference of the values for people; empty where there is none to tell. */
  public String values() {
    return Double.isNaN(maxAbs)
        ? ""
        : String.format(
            Locale.ROOT, "%,d differ, by at most %.3g, SQNR %.1f dB", differing, maxAbs, sqnrDb);
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("kind", kind());
    json.put("before", before == null ? null : before.toString());
    json.put("after", after == null ? null : after.toString());
    if (!Double.isNaN(maxAbs)) {
      json.put("differing", differing);
      json.put("max_abs", Double.isFinite(maxAbs) ? maxAbs : null);
      json.put("sqnr_db", Double.isFinite(sqnrDb) ? sqnrDb : null);
    }
    return json;
  }
}
