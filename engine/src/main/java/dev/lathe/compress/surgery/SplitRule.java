package dev.lathe.compress.surgery;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Split: each channel goes to one output. */
final class SplitRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("Split");
  }

  @Override
  public void link(Links links) {
    int rank = links.input(0).rank();
    int along = links.axis(0, rank);
    int at = 0;
    for (int output = 0; output < links.node().outputs().size(); output++) {
      for (int i = 0; i < rank; i++) {
        if (i != along) {
          links.join(links.in(0, i), links.out(output, i));
        }
      }
      for (int i = 0; i < links.extent(links.out(output, along)); i++) {
        links.join(links.in(0, along), at++, links.out(output, along), i);
      }
    }
  }

  /** Says the sizes that are left. */
  @Override
  public Node adapt(Node node, Removal removal) {
    long axis = node.intAttribute("axis", 0);
    int rank = removal.shape(node.input(0)).rank();
    int along = (int) (axis < 0 ? axis + rank : axis);
    if (!removal.touches(new Axis(node.input(0), along))) {
      return node;
    }
    long[] sizes =
        node.outputs().stream()
            .mapToLong(output -> removal.left(new Axis(output, along)))
            .toArray();
    if (removal.opset() < 13) {
      return node.withAttribute("split", new Attribute.Ints(Arrays.stream(sizes).boxed().toList()));
    }
    Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
    attributes.remove("num_outputs");
    Node open =
        new Node(
            node.name(),
            node.domain(),
            node.opType(),
            node.inputs(),
            node.outputs(),
            attributes,
            node.metadata(),
            node.opaque());
    return removal.withConstant(open, 1, Tensor.of(sizes, sizes.length));
  }
}
