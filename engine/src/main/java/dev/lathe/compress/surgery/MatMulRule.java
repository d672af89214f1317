package dev.lathe.compress.surgery;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Macs;
import dev.lathe.tensor.Shape;
import java.util.List;

/** MatMul of matrices or stacks of them; what is summed over goes from both operands. */
final class MatMulRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("MatMul");
  }

  @Override
  public void link(Links links) {
    Shape lhs = links.input(0);
    Shape rhs = links.input(1);
    int rank = links.output(0).rank();
    if (lhs.rank() < 2 || rhs.rank() < 2) {
      return;
    }
    Axis k = links.in(0, lhs.rank() - 1);
    links.join(k, links.in(1, rhs.rank() - 2));
    links.join(links.in(0, lhs.rank() - 2), links.out(0, rank - 2));
    links.join(links.in(1, rhs.rank() - 1), links.out(0, rank - 1));
    links.broadcast(0, 0, 2);
    links.broadcast(1, 0, 2);
    links.macs(
        Macs.of(links.node(), links::fact), links.out(0, rank - 2), links.out(0, rank - 1), k);
    if (rhs.rank() == 2 && links.value(0) == null) {
      links.filters(1, 1, WeightView.columns(rhs), 1);
      links.reader(1, 0, WeightView.columns(rhs));
    } else if (lhs.rank() == 2 && links.value(1) == null) {
      links.filters(0, 0, WeightView.rows(lhs), 1);
      links.reader(0, 1, WeightView.rows(lhs));
    }
  }
}
