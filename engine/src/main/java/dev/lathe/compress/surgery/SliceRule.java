package dev.lathe.compress.surgery;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Slice by known bounds; what is cut off goes freely, unless steps skip channels. */
final class SliceRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("Slice");
  }

  @Override
  public void link(Links links) {
    long[] starts = links.list("starts", 1);
    long[] axes = links.list("axes", 3);
    long[] steps = links.list("steps", 4);
    boolean unknown =
        starts == null
            || links.list("ends", 2) == null
            || (axes == null && links.has(3))
            || (steps == null && links.has(4));
    for (int i = 0; starts != null && !unknown && i < links.input(0).rank(); i++) {
      int place = place(axes, i, starts.length, links.input(0).rank());
      if (place < 0) {
        links.join(links.in(0, i), links.out(0, i));
      } else if (steps == null || steps[place] == 1) {
        int start = clamp(starts[place], links.extent(links.in(0, i)));
        links.mention(links.in(0, i));
        for (int o = 0; o < links.extent(links.out(0, i)); o++) {
          links.join(links.in(0, i), start + o, links.out(0, i), o);
        }
      }
    }
  }

  /** Where the list of axes names a dimension, or -1. */
  private static int place(long @Nullable [] axes, int dimension, int count, int rank) {
    for (int i = 0; i < count; i++) {
      long axis = axes == null ? i : axes[i];
      if ((axis < 0 ? axis + rank : axis) == dimension) {
        return i;
      }
    }
    return -1;
  }

  private static int clamp(long bound, int extent) {
    return Math.clamp(bound < 0 ? bound + extent : bound, 0, extent);
  }

  /** Moves the bounds of dimensions that lost channels. */
  @Override
  public Node adapt(Node node, Removal removal) {
    boolean attributes = removal.opset() < 10;
    long[] starts = list(node, "starts", 1, removal);
    long[] ends = list(node, "ends", 2, removal);
    long[] axes = list(node, "axes", 3, removal);
    if (starts == null || ends == null) {
      return node;
    }
    int rank = removal.shape(node.input(0)).rank();
    boolean moved = false;
    for (int i = 0; i < rank; i++) {
      Axis in = new Axis(node.input(0), i);
      int place = place(axes, i, starts.length, rank);
      if (place >= 0 && removal.touches(in)) {
        int start = clamp(starts[place], removal.shape(node.input(0)).intDim(i));
        starts[place] = (long) start - removal.removedBefore(in, start);
        ends[place] = starts[place] + removal.left(new Axis(node.output(0), i));
        moved = true;
      }
    }
    if (!moved) {
      return node;
    }
    if (attributes) {
      return node.withAttribute("starts", ints(starts)).withAttribute("ends", ints(ends));
    }
    Node first = removal.withConstant(node, 1, Tensor.of(starts, starts.length));
    return removal.withConstant(first, 2, Tensor.of(ends, ends.length));
  }

  private static long @Nullable [] list(Node node, String attribute, int input, Removal removal) {
    long[] values = node.intsAttribute(attribute);
    Tensor constant = values == null ? removal.constant(node.input(input)) : null;
    return constant == null ? values : constant.toLongs();
  }

  private static Attribute ints(long[] values) {
    return new Attribute.Ints(Arrays.stream(values).boxed().toList());
  }
}
