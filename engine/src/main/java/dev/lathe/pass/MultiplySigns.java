package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns convolutions and products into products of signs where every weight of an output channel is
 * {@code -a} or {@code a} and every activation {@code -s}, 0 or {@code s}, and where that is
 * faster. What made the activations is read no more. Differs from the sum of float products by its
 * rounding only: the count is exact.
 */
final class MultiplySigns implements Pass {

  /**
   * Costs in fp32 multiply-accumulates, measured on AVX2: packing an activation; an output; a
   * multiply-accumulate of signs.
   */
  private static final double PACKING = 15;

  private static final double OUTPUT = 70;
  private static final double SIGNS = 0.15;

  @Override
  public String name() {
    return "multiply-signs";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    Facts facts = context.facts(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= visit(editor, facts, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean visit(GraphEditor graph, Facts facts, Node node) {
    boolean conv = Edits.isLathe(node, "Conv");
    Node product = conv ? node : matMul(graph, node);
    Tensor weights = product == null ? null : Edits.floats(graph, product.input(1));
    if (product == null
        || weights == null
        || (product.hasInput(2) && Edits.floats(graph, product.input(2)) == null)) {
      return false;
    }
    SignLevels levels = SignLevels.of(graph, product.input(0));
    boolean byColumn = !conv && product.intAttribute("transB", 0) == 0;
    if (levels == null
        || levels.magnitude() == 0
        || !isFloat(facts, levels, product.input(0))
        || !pays(facts, product, weights, byColumn)
        || !isBinary(weights, byColumn)) {
      return false;
    }
    Node transpose = levels.transpose();
    String source = levels.source();
    graph.replace(
        node,
        Edits.lathe(product, conv ? "BinaryConv" : "BinaryMatMul", product.inputs())
            .withInput(0, transpose == null ? source : move(graph, transpose, source))
            .withAttribute("threshold", new Attribute.Real(levels.threshold()))
            .withAttribute("signs", new Attribute.Ints(List.of(levels.signs())))
            .withAttribute("scale", new Attribute.Real(levels.magnitude())));
    return true;
  }

  /** The source of activations, moved as these are. */
  private static String move(GraphEditor graph, Node transpose, String source) {
    String moved = graph.freshName(source + "/moved");
    graph.insertBefore(
        transpose,
        new Node(
            graph.freshName(transpose.name() + "/source"),
            "",
            "Transpose",
            List.of(source),
            List.of(moved),
            transpose.attributes(),
            transpose.metadata(),
            null));
    return moved;
  }

  /** The operands of a MatMul or Gemm as (x, w, bias, addend); null when they have other forms. */
  private static @Nullable Node matMul(GraphEditor graph, Node node) {
    boolean product = node.is("MatMul") || Edits.isLathe(node, "MatMul");
    boolean gemm = node.is("Gemm") || Edits.isLathe(node, "Gemm");
    if ((!product && !gemm)
        || node.intAttribute("transA", 0) != 0
        || node.floatAttribute("alpha", 1) != 1) {
      return null;
    }
    Tensor weights = Edits.floats(graph, node.input(1));
    if (weights == null || weights.shape().rank() != 2) {
      return null;
    }
    if (!gemm || !node.hasInput(2)) {
      return node;
    }
    Tensor bias = Edits.floats(graph, node.input(2));
    long columns = weights.shape().dim(node.intAttribute("transB", 0) != 0 ? 0 : 1);
    boolean perColumn =
        bias != null
            && bias.elements() == columns
            && bias.shape().rank() > 0
            && bias.shape().dim(-1) == columns;
    return perColumn && node.floatAttribute("beta", 1) == 1 ? node : null;
  }

  /** Whether the source has an element for each of the activations. */
  private static boolean isFloat(Facts facts, SignLevels levels, String activations) {
    TensorFact source = facts.find(levels.source());
    Node transpose = levels.transpose();
    TensorFact same = facts.find(transpose == null ? activations : transpose.input(0));
    TensorFact read = facts.find(activations);
    return source != null
        && same != null
        && read != null
        && source.dtype() == DType.FLOAT32
        && read.dtype() == DType.FLOAT32
        && source.shape().rank() > 1
        && source.shape().equals(same.shape());
  }

  private static boolean pays(Facts facts, Node product, Tensor weights, boolean byColumn) {
    TensorFact x = facts.find(product.input(0));
    TensorFact y = facts.find(product.output(0));
    if (x == null || y == null) {
      return false;
    }
    Shape shape = weights.shape();
    long depth = byColumn ? shape.dim(0) : shape.product(1, shape.rank());
    long outputs = y.shape().elements();
    double padded = Math.ceilDiv(shape.dim(1), 32L) * 32.0 / Math.max(1, shape.dim(1));
    double signs = OUTPUT + SIGNS * depth * (byColumn ? 1 : padded);
    return PACKING * x.shape().elements() + signs * outputs < (double) depth * outputs;
  }

  /** Whether the weights of each output channel have one magnitude, which is not 0. */
  private static boolean isBinary(Tensor weights, boolean byColumn) {
    int channels = weights.shape().intDim(byColumn ? 1 : 0);
    long perChannel = weights.elements() / Math.max(1, channels);
    for (int channel = 0; channel < channels; channel++) {
      long first = byColumn ? channel : channel * perChannel;
      long step = byColumn ? channels : 1;
      float magnitude = Math.abs(weights.f32(first));
      if (!(magnitude > 0) || magnitude == Float.POSITIVE_INFINITY) {
        return false;
      }
      for (long i = 1; i < perChannel; i++) {
        if (Math.abs(weights.f32(first + i * step)) != magnitude) {
          return false;
        }
      }
    }
    return true;
  }
}
