package dev.lathe.compress.surgery;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Macs;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import java.util.List;

/**
 * Conv: filters make channels, weights take them in.
 *
 * <p>A grouped convolution has equal groups before and after. With at least as many groups as
 * channels in each, such as depthwise, whole groups go; else the same places of all groups do.
 */
final class ConvRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("Conv");
  }

  @Override
  public void link(Links links) {
    Shape weight = links.input(1);
    int groups = Math.toIntExact(links.node().intAttribute("group", 1));
    int ins = weight.intDim(1);
    int outs = weight.intDim(0) / groups;
    links.join(links.in(0, 0), links.out(0, 0));
    links.join(links.in(1, 0), links.out(0, 1));
    if (links.has(2)) {
      links.join(links.in(2, 0), links.out(0, 1));
    }
    if (wholeGroups(groups, ins)) {
      for (int g = 0; g < groups; g++) {
        Grouped.joinRun(links, links.in(0, 1), g * ins, ins, links.out(0, 1), g * outs);
        Grouped.joinRun(links, links.out(0, 1), g * outs, outs, links.in(0, 1), g * ins);
      }
      links.macs(Macs.of(links.node(), links::fact), links.out(0, 1));
    } else {
      for (int g = 0; g < groups; g++) {
        for (int i = 0; i < ins; i++) {
          links.join(links.in(0, 1), g * ins + i, links.in(1, 1), i);
        }
        for (int i = 0; i < outs; i++) {
          links.join(links.out(0, 1), g * outs + i, links.out(0, 1), i);
        }
      }
      links.macs(Macs.of(links.node(), links::fact), links.out(0, 1), links.in(1, 1));
      links.reader(1, 1, WeightView.conv(weight, groups));
    }
    links.filters(1, 0, WeightView.conv(weight, groups), 1);
  }

  private static boolean wholeGroups(int groups, int ins) {
    return groups > 1 && groups >= ins;
  }

  @Override
  public Node adapt(Node node, Removal removal) {
    int groups = Math.toIntExact(node.intAttribute("group", 1));
    int ins = removal.shape(node.input(1)).intDim(1);
    return wholeGroups(groups, ins)
        ? node.withAttribute(
            "group", new Attribute.Int(removal.left(new Axis(node.input(0), 1)) / ins))
        : node;
  }
}
