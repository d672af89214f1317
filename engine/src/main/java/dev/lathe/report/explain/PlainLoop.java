package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import java.util.Optional;
import java.util.Set;

/** An operator that computes in plain Java, one element at a time. */
final class PlainLoop implements Cause.OfLayer {

  /** Steps without a kernel that only move data, which plain loops do as fast. */
  private static final Set<String> MOVES =
      Set.of(
          "transpose",
          "copy",
          "slice",
          "split",
          "concat",
          "expand",
          "compress",
          "depthtospace",
          "spacetodepth",
          "interleave",
          "append keys and values",
          "pad",
          "gather",
          "scatter",
          "fill",
          "constant",
          "range",
          "eyelike",
          "onehot",
          "trilu",
          "rotate",
          "reversesequence",
          "count mask");

  @Override
  public String id() {
    return "plain loop";
  }

  @Override
  public Optional<Finding> find(Layer layer, Scene scene) {
    String kernel = layer.main().step().kernel();
    boolean computes = !kernel.contains("__") && !kernel.startsWith("pack ");
    if (!computes || MOVES.contains(kernel)) {
      return Optional.empty();
    }
    return Optional.of(
        Finding.unmeasured(
            this,
            layer,
            text(
                "%s runs as a plain loop ('%s'), %.0f %% of the time its bytes need",
                layer.node().opType(), kernel, 100 * layer.main().roofShare()),
            "an operator of the list with a vector kernel, see 'lathe kernels'",
            "this build has no vector kernel for it to measure"));
  }
}
