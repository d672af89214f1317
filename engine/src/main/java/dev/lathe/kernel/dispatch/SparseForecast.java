package dev.lathe.kernel.dispatch;

import dev.lathe.kernel.SlabShape;
import java.util.Locale;

/**
 * What a layer of constant weights is predicted to take on dense and on sparse kernels, and which
 * of them runs.
 *
 * @param costs of its tier
 * @param shape of one group of one image
 * @param sparsity share of its weights that are zero, 0..1
 * @param sparse nanoseconds of its fastest sparse kernel; infinite where so few weights are zero
 *     that it was not looked at
 * @param chosen whether that kernel runs
 */
public record SparseForecast(
    SparseCosts costs,
    SlabShape shape,
    int images,
    int groups,
    double sparsity,
    double sparse,
    boolean chosen) {

  /** Nanoseconds of the dense kernel. */
  public double dense() {
    return groups * costs.dense(shape, images);
  }

  /** Nanoseconds of the kernel that runs. */
  public double nanoseconds() {
    return chosen ? sparse : dense();
  }

  /** Time of the dense kernel / time of the one that runs. */
  public double speedup() {
    return dense() / nanoseconds();
  }

  /** Break-even sparsity of the finest pattern, see {@link #finest}; 1 when it never pays. */
  public double breakEven() {
    return costs.breakEven(shape, 1);
  }

  /** Break-even sparsity of blocks of 4x4; 1 when they never pay. */
  public double blockBreakEven() {
    return costs.breakEven(shape, 4);
  }

  /** The finest pattern that has a sparse kernel, as {@code prune --granularity} spells it. */
  public String finest() {
    return costs.singles() ? "weight" : "1x4";
  }

  /** Time of the dense kernel / time with this sparsity all in blocks of 4x4. */
  public double inBlocks() {
    double entries = (1 - sparsity) * (double) costs.places(shape) * Math.ceilDiv(shape.n(), 4);
    return dense() / (groups * costs.sparse(shape, images, 4, entries));
  }

  /** From where on sparse kernels pay: {@code single weights from 62 %, 4x4 blocks from 38 %}. */
  public String pays() {
    String single = costs.singles() ? "single weights" : "1x4 blocks";
    return from(single, breakEven())
        + ", "
        + from("4x4 blocks", blockBreakEven())
        + (costs.measured() ? "" : " (assumed)");
  }

  private static String from(String pattern, double sparsity) {
    return sparsity >= 1
        ? pattern + " never pay"
        : String.format(Locale.ROOT, "%s pay from %.0f %%", pattern, 100 * sparsity);
  }

  /** Why the kernel was picked, in words. */
  public String why() {
    String zeros = String.format(Locale.ROOT, "%.0f %% zeros", 100 * sparsity);
    return chosen
        ? String.format(Locale.ROOT, "sparse: %s, predicted %.2fx; %s", zeros, speedup(), pays())
        : "dense: " + zeros + "; " + pays();
  }
}
