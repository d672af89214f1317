package dev.lathe.report.explain;

import dev.lathe.graph.Macs;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The extents of a convolution over two axes, or of a product of rows with a matrix, which is one
 * of 1x1 over an image of one line. Values play no part: two layers of equal work take equal time.
 *
 * @param integer whether it multiplies uint8 by int8, else float32
 * @param outputs channels of the output
 * @param kernel height and width
 * @param strides down and across
 * @param dilations down and across
 * @param pads top, left, bottom, right
 */
record Work(
    boolean integer,
    int batch,
    int height,
    int width,
    int channels,
    int outputs,
    int groups,
    List<Long> kernel,
    List<Long> strides,
    List<Long> dilations,
    List<Long> pads) {

  private static final List<Long> ONES = List.of(1L, 1L);
  private static final List<Long> NONE = List.of(0L, 0L, 0L, 0L);

  /** Rows of a product. */
  static Work product(boolean integer, int m, int k, int n) {
    return new Work(integer, 1, 1, m, k, n, 1, ONES, ONES, ONES, NONE);
  }

  /** What a node of a lowered graph does, or null when it is neither. */
  static @Nullable Work of(Node node, Macs.Values facts) {
    boolean lathe = node.domain().equals(Node.LATHE_DOMAIN);
    return switch (node.opType()) {
      case "Conv" -> lathe ? convolution(node, facts, 1, false) : null;
      case "QConv" -> lathe ? convolution(node, facts, 3, true) : null;
      case "MatMul", "Gemm" -> product(node, facts, false);
      case "QGemm" -> lathe ? product(node, facts, true) : null;
      case "MatMulIntegerToFloat" -> product(node, facts, true);
      default -> null;
    };
  }

  private static @Nullable Work convolution(
      Node node, Macs.Values facts, int weights, boolean integer) {
    TensorFact x = facts.find(node.input(0));
    TensorFact w = facts.find(node.input(weights));
    if (x == null || w == null || x.shape().rank() != 4) {
      return null;
    }
    return new Work(
        integer,
        x.shape().intDim(0),
        x.shape().intDim(1),
        x.shape().intDim(2),
        x.shape().intDim(3),
        w.shape().intDim(0),
        (int) node.intAttribute("group", 1),
        List.of(w.shape().dim(2), w.shape().dim(3)),
        ints(node, "strides", ONES),
        ints(node, "dilations", ONES),
        padding(node, x.shape(), w.shape(), facts.find(node.output(0))));
  }

  /** The pads, also where {@code auto_pad} gives them: those that lead to the output's extents. */
  private static List<Long> padding(Node node, Shape x, Shape w, @Nullable TensorFact output) {
    String auto = node.textAttribute("auto_pad", "NOTSET");
    if (!auto.startsWith("SAME") || output == null) {
      return ints(node, "pads", NONE);
    }
    List<Long> strides = ints(node, "strides", ONES);
    long down = (output.shape().dim(1) - 1) * strides.get(0) + w.dim(2) - x.dim(1);
    long across = (output.shape().dim(2) - 1) * strides.get(1) + w.dim(3) - x.dim(2);
    long top = Math.max(0, down) / 2;
    long left = Math.max(0, across) / 2;
    return List.of(top, left, Math.max(0, down) - top, Math.max(0, across) - left);
  }

  private static List<Long> ints(Node node, String key, List<Long> otherwise) {
    long[] values = node.intsAttribute(key);
    return values == null ? otherwise : Arrays.stream(values).boxed().toList();
  }

  private static @Nullable Work product(Node node, Macs.Values facts, boolean integer) {
    TensorFact x = facts.find(node.input(0));
    TensorFact y = facts.find(node.output(0));
    if (x == null || y == null || x.shape().rank() < 1 || y.shape().rank() < 1) {
      return null;
    }
    boolean plain = node.intAttribute("transA", 0) == 0 && x.dtype() != DType.FLOAT64;
    int k = x.shape().intDim(-1);
    int n = y.shape().intDim(-1);
    long m = n == 0 ? 0 : y.shape().elements() / n;
    return plain && k > 0 && m > 0 && m <= Integer.MAX_VALUE
        ? product(integer, (int) m, k, n)
        : null;
  }

  boolean depthwise() {
    return groups > 1 && groups == channels && groups == outputs;
  }

  boolean pointwise() {
    return kernel.equals(ONES) && strides.equals(ONES) && pads.equals(NONE);
  }

  private long out(int axis, int in) {
    long window = dilations.get(axis) * (kernel.get(axis) - 1) + 1;
    return (in + pads.get(axis) + pads.get(axis + 2) - window) / strides.get(axis) + 1;
  }

  /** Rows of its product: the output's pixels. */
  long m() {
    return batch * out(0, height) * out(1, width);
  }

  /** Columns of one group's product. */
  int n() {
    return outputs / groups;
  }

  /** Length of the reduction. */
  long depth() {
    return (long) channels / groups * kernel.get(0) * kernel.get(1);
  }

  long macs() {
    return m() * outputs * depth();
  }

  long weightBytes() {
    return outputs * depth() * (integer ? 1 : 4);
  }

  Work asFloat() {
    return as(false);
  }

  Work asInteger() {
    return as(true);
  }

  private Work as(boolean type) {
    return new Work(
        type, batch, height, width, channels, outputs, groups, kernel, strides, dilations, pads);
  }

  Work withBatch(int images) {
    return new Work(
        integer, images, height, width, channels, outputs, groups, kernel, strides, dilations,
        pads);
  }

  /** With other channels of each group. */
  Work withChannels(int in, int out) {
    return new Work(
        integer,
        batch,
        height,
        width,
        in * groups,
        out * groups,
        groups,
        kernel,
        strides,
        dilations,
        pads);
  }

  /** With other rows; only where each output pixel is a row of the input. */
  Work withRows(long rows) {
    return product(integer, Math.toIntExact(rows), channels, outputs);
  }

  /** Its extents in a few words. */
  @Override
  public String toString() {
    return (integer ? "int8 " : "fp32 ")
        + (pointwise()
            ? "m " + m() + ", k " + channels
            : batch
                + "x"
                + height
                + "x"
                + width
                + "x"
                + channels
                + ", kernel "
                + kernel.get(0)
                + "x"
                + kernel.get(1)
                + ", strides "
                + strides
                + ", dilations "
                + dilations
                + ", pads "
                + pads)
        + ", n "
        + outputs
        + (groups > 1 ? ", groups " + groups : "");
  }
}
