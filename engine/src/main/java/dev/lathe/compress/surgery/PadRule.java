package dev.lathe.compress.surgery;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Pad: channels move behind those that are put before them, which may go like others. */
final class PadRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("Pad");
  }

  @Override
  public void link(Links links) {
    int rank = links.input(0).rank();
    long[] pads = links.list("pads", 1);
    boolean constant = links.node().textAttribute("mode", "constant").equals("constant");
    if (pads == null || pads.length != 2 * rank) {
      return;
    }
    for (int i = 0; i < rank; i++) {
      boolean none = pads[i] == 0 && pads[rank + i] == 0;
      if (none || (constant && pads[i] >= 0 && pads[rank + i] >= 0)) {
        links.mention(links.out(0, i));
        for (int c = 0; c < links.extent(links.in(0, i)); c++) {
          links.join(links.in(0, i), c, links.out(0, i), (int) pads[i] + c);
        }
      }
    }
  }

  /** Counts what is left of the channels that are put before and behind. */
  @Override
  public Node adapt(Node node, Removal removal) {
    long[] attribute = node.intsAttribute("pads");
    Tensor constant = removal.constant(node.input(1));
    long[] pads = pads(attribute, constant);
    int rank = removal.shape(node.input(0)).rank();
    boolean changed = false;
    for (int i = 0; pads.length == 2 * rank && i < rank; i++) {
      Axis out = new Axis(node.output(0), i);
      int before = removal.removedBefore(out, (int) Math.max(0, pads[i]));
      int behind =
          removal.of(out).cardinality()
              - before
              - removal.of(new Axis(node.input(0), i)).cardinality();
      pads[i] -= before;
      pads[rank + i] -= behind;
      changed |= before + behind > 0;
    }
    if (!changed) {
      return node;
    }
    return attribute == null
        ? removal.withConstant(node, 1, Tensor.of(pads, pads.length))
        : node.withAttribute("pads", new Attribute.Ints(Arrays.stream(pads).boxed().toList()));
  }

  private static long[] pads(long @Nullable [] attribute, @Nullable Tensor constant) {
    if (attribute != null) {
      return attribute;
    }
    return constant == null ? new long[0] : constant.toLongs();
  }
}
