package dev.lathe.compress.surgery;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Macs;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import java.util.List;

/** ConvTranspose; of a grouped one, whole groups go. */
final class ConvTransposeRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("ConvTranspose");
  }

  @Override
  public void link(Links links) {
    Shape weight = links.input(1);
    int groups = Math.toIntExact(links.node().intAttribute("group", 1));
    int ins = weight.intDim(0) / groups;
    int outs = weight.intDim(1);
    links.join(links.in(0, 0), links.out(0, 0));
    links.join(links.in(0, 1), links.in(1, 0));
    if (links.has(2)) {
      links.join(links.in(2, 0), links.out(0, 1));
    }
    int taps = Math.toIntExact(weight.product(2, weight.rank()));
    if (groups == 1) {
      links.join(links.in(1, 1), links.out(0, 1));
      links.macs(Macs.of(links.node(), links::fact), links.in(0, 1), links.in(1, 1));
      WeightView view = WeightView.columns(Shape.of(ins, (long) outs * taps));
      links.filters(1, 1, view, taps);
    } else {
      for (int g = 0; g < groups; g++) {
        Grouped.joinRun(links, links.in(0, 1), g * ins, ins, links.out(0, 1), g * outs);
        Grouped.joinRun(links, links.out(0, 1), g * outs, outs, links.in(0, 1), g * ins);
      }
      links.macs(Macs.of(links.node(), links::fact), links.in(0, 1));
      WeightView view = WeightView.rows(Shape.of((long) groups * ins, (long) outs * taps));
      links.filters(1, 0, view, 1);
    }
  }

  @Override
  public Node adapt(Node node, Removal removal) {
    long groups = node.intAttribute("group", 1);
    long ins = removal.shape(node.input(1)).dim(0) / groups;
    return groups == 1
        ? node
        : node.withAttribute(
            "group", new Attribute.Int(removal.left(new Axis(node.input(0), 1)) / ins));
  }
}
