package dev.lathe.compress.surgery;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Macs;
import dev.lathe.tensor.Shape;
import java.util.List;

/** Gemm: the filters are the columns of the second matrix. */
final class GemmRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("Gemm");
  }

  @Override
  public void link(Links links) {
    int m = links.node().intAttribute("transA", 0) != 0 ? 1 : 0;
    int n = links.node().intAttribute("transB", 0) != 0 ? 0 : 1;
    Shape weight = links.input(1);
    links.join(links.in(0, m), links.out(0, 0));
    links.join(links.in(0, 1 - m), links.in(1, 1 - n));
    links.join(links.in(1, n), links.out(0, 1));
    if (links.has(2)) {
      links.broadcast(2, 0);
    }
    links.macs(Macs.of(links.node(), links::fact), links.out(0, 1), links.in(0, 1 - m));
    WeightView view = n == 0 ? WeightView.rows(weight) : WeightView.columns(weight);
    links.filters(1, n, view, 1);
    links.reader(1, 1 - n, view);
  }
}
