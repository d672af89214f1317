package dev.lathe.compress.surgery;

import java.util.Arrays;
import java.util.List;

/** Reductions: the dimensions that are not reduced keep their channels. */
final class ReduceRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of(
        "ReduceMean",
        "ReduceSum",
        "ReduceMax",
        "ReduceMin",
        "ReduceL1",
        "ReduceL2",
        "ReduceProd",
        "ReduceSumSquare",
        "ReduceLogSum",
        "ReduceLogSumExp");
  }

  @Override
  public void link(Links links) {
    int rank = links.input(0).rank();
    long[] axes = links.list("axes", 1);
    boolean all = axes == null && links.node().intAttribute("noop_with_empty_axes", 0) == 0;
    if (all || (axes == null && links.node().hasInput(1))) {
      return;
    }
    long[] reduced = axes == null ? new long[0] : axes;
    boolean keep = links.node().intAttribute("keepdims", 1) != 0;
    int at = 0;
    for (int i = 0; i < rank; i++) {
      int dimension = i;
      boolean gone =
          Arrays.stream(reduced).anyMatch(axis -> (axis < 0 ? axis + rank : axis) == dimension);
      if (!gone) {
        links.join(links.in(0, i), links.out(0, at));
      }
      at += gone && !keep ? 0 : 1;
    }
  }
}
