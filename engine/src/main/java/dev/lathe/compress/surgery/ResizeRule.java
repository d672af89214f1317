package dev.lathe.compress.surgery;

import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Resize and Upsample: dimensions that stay as long keep their channels. */
final class ResizeRule implements ChannelRule {

  private static final int SIZES = 3;

  @Override
  public List<String> operators() {
    return List.of("Resize", "Upsample");
  }

  @Override
  public void link(Links links) {
    String mode = links.node().textAttribute("coordinate_transformation_mode", "");
    if (mode.equals("tf_crop_and_resize")) {
      return;
    }
    for (int i = 0; i < links.input(0).rank(); i++) {
      if (links.input(0).dim(i) == links.output(0).dim(i)) {
        links.join(links.in(0, i), links.out(0, i));
      }
    }
  }

  /** Target sizes that count channels count fewer. */
  @Override
  public Node adapt(Node node, Removal removal) {
    Tensor target = removal.constant(node.input(SIZES));
    if (target == null) {
      return node;
    }
    long[] sizes = target.toLongs();
    long[] axes = node.intsAttribute("axes");
    int rank = removal.shape(node.output(0)).rank();
    for (int i = 0; i < sizes.length; i++) {
      long axis = axes == null ? i : axes[i];
      sizes[i] = removal.left(new Axis(node.output(0), (int) (axis < 0 ? axis + rank : axis)));
    }
    return Arrays.equals(sizes, target.toLongs())
        ? node
        : removal.withConstant(node, SIZES, Tensor.of(sizes, sizes.length));
  }
}
