package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Recognizes scaled dot-product attention and puts one Attention operator in its place, which reads
 * queries, keys and values where the projections left them. Equal up to rounding.
 *
 * <pre>
 * softmax((Q K^T [* scale] [+ mask])) V           Q [B,H,S,D], K^T [B,H,D,T], V [B,H,T,E]
 * with Q, K, V = Transpose(Reshape(projection)) and Reshape(Transpose(result)), all or none
 * </pre>
 */
final class FuseAttention implements Pass {

  @Override
  public String name() {
    return "fuse-attention";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    Facts facts = context.facts(graph);
    boolean[] changed = {false};
    Edits.forEach(
        editor, node -> changed[0] |= node.is("Softmax") && fuse(editor, facts, node, context));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean fuse(GraphEditor graph, Facts facts, Node softmax, PassContext context) {
    Scores scores = Scores.of(graph, facts, softmax.input(0));
    Node product = Pattern.consumer(graph, softmax.output(0), "MatMul");
    Shape shape = shape(facts, softmax.output(0));
    if (scores == null
        || product == null
        || !product.input(0).equals(softmax.output(0))
        || shape == null
        || !isOverLastAxis(softmax, context.opset())) {
      return false;
    }
    Shape q = shape(facts, scores.product.input(0));
    Shape k = shape(facts, scores.product.input(1));
    Shape v = shape(facts, product.input(1));
    if (!fit(q, k, v) || (scores.mask != null && !isMask(facts, scores.mask, shape))) {
      return false;
    }
    replace(graph, facts, scores, product);
    return true;
  }

  /** The shape of an fp32 value, or null. */
  private static @Nullable Shape shape(Facts facts, String value) {
    TensorFact fact = facts.find(value);
    return fact != null && fact.dtype() == DType.FLOAT32 ? fact.shape() : null;
  }

  private static boolean isOverLastAxis(Node softmax, long opset) {
    long axis = softmax.intAttribute("axis", opset < 13 ? 1 : -1);
    return axis == -1 || axis == 3;
  }

  private static boolean fit(@Nullable Shape q, @Nullable Shape k, @Nullable Shape v) {
    return q != null
        && k != null
        && v != null
        && q.rank() == 4
        && k.rank() == 4
        && v.rank() == 4
        && q.dim(0) == k.dim(0)
        && q.dim(0) == v.dim(0)
        && q.dim(1) == k.dim(1)
        && q.dim(1) == v.dim(1);
  }

  /** Whether a mask repeats over batch, heads and queries at most. */
  private static boolean isMask(Facts facts, String mask, Shape scores) {
    Shape shape = shape(facts, mask);
    if (shape == null || shape.rank() < 1 || shape.rank() > 4 || shape.dim(-1) != scores.dim(-1)) {
      return false;
    }
    for (int axis = 1; axis <= shape.rank(); axis++) {
      if (shape.dim(-axis) != 1 && shape.dim(-axis) != scores.dim(-axis)) {
        return false;
      }
    }
    return true;
  }

  /** What softmax normalizes: a product, times a scale, plus a mask. */
  private record Scores(Node product, float scale, @Nullable String mask) {

    static @Nullable Scores of(GraphEditor graph, Facts facts, String value) {
      if (graph.onlyConsumer(value) == null) {
        return null;
      }
      Scores plain = scaled(graph, value, null);
      Node sum = Pattern.producer(graph, value, "Add");
      for (int side = 0; plain == null && sum != null && side < 2; side++) {
        String product = sum.input(side);
        Shape whole = shape(facts, value);
        if (graph.onlyConsumer(product) != null
            && whole != null
            && Objects.equals(whole, shape(facts, product))) {
          plain = scaled(graph, product, sum.input(1 - side));
        }
      }
      return plain;
    }

    private static @Nullable Scores scaled(GraphEditor graph, String value, @Nullable String mask) {
      Node product = Pattern.producer(graph, value, "MatMul");
      if (product != null) {
        return new Scores(product, 1, mask);
      }
      Pattern.Scaled scaled = Pattern.factor(graph, graph.producer(value));
      Node inner = scaled == null ? null : Pattern.producer(graph, scaled.value(), "MatMul");
      return scaled == null || inner == null || graph.onlyConsumer(scaled.value()) == null
          ? null
          : new Scores(inner, scaled.scalar(), mask);
    }
  }

  private static void replace(GraphEditor graph, Facts facts, Scores scores, Node product) {
    String q = joint(graph, facts, scores.product.input(0), 0, 2, 1, 3);
    String k = joint(graph, facts, scores.product.input(1), 0, 2, 3, 1);
    String v = joint(graph, facts, product.input(1), 0, 2, 1, 3);
    Node last = jointResult(graph, facts, product);
    long heads = facts.get(scores.product.input(0)).shape().dim(1);
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    attributes.put("scale", new Attribute.Real(scores.scale));
    if (q == null || v == null || last == null) {
      q = scores.product.input(0);
      v = product.input(1);
      last = product;
    } else {
      attributes.put("q_num_heads", new Attribute.Int(heads));
    }
    if (k == null) {
      k = keysFirst(graph, scores.product.input(1), last);
    }
    attributes.put("kv_num_heads", new Attribute.Int(heads));
    graph.replace(
        last,
        Node.of(
            last.name(),
            "",
            "Attention",
            scores.mask == null ? List.of(q, k, v) : List.of(q, k, v, scores.mask),
            last.outputs(),
            attributes));
  }

  /**
   * The value [B,S,H*D] that a rank 4 one is made of by splitting the last axis and a permutation,
   * or null.
   */
  private static @Nullable String joint(
      GraphEditor graph, Facts facts, String value, int... permutation) {
    Node transpose = graph.producer(value);
    Permutation actual = Permutation.of(transpose);
    if (transpose == null || actual == null) {
      return null;
    }
    String split = transpose.input(0);
    Permutation whole = actual;
    Permutation before = Permutation.of(graph.producer(split));
    if (before != null && before.rank() == 4) {
      whole = before.then(actual);
      split = java.util.Objects.requireNonNull(graph.producer(split)).input(0);
    }
    Node reshape = Pattern.producer(graph, split, "Reshape");
    if (reshape == null || !java.util.Arrays.equals(whole.axes(), permutation)) {
      return null;
    }
    return isJoint(shape(facts, reshape.input(0)), shape(facts, split)) ? reshape.input(0) : null;
  }

  private static boolean isJoint(@Nullable Shape joint, @Nullable Shape split) {
    return joint != null
        && split != null
        && joint.rank() == 3
        && split.rank() == 4
        && joint.dim(0) == split.dim(0)
        && joint.dim(1) == split.dim(1)
        && joint.dim(2) == split.dim(2) * split.dim(3);
  }

  /** The Reshape that brings the result to [B,S,H*E], or null. */
  private static @Nullable Node jointResult(GraphEditor graph, Facts facts, Node product) {
    Node transpose = Pattern.consumer(graph, product.output(0), "Transpose");
    Permutation permutation = Permutation.of(transpose);
    if (transpose == null
        || permutation == null
        || !java.util.Arrays.equals(permutation.axes(), new int[] {0, 2, 1, 3})) {
      return null;
    }
    Node reshape = Pattern.consumer(graph, transpose.output(0), "Reshape");
    return reshape != null
            && isJoint(shape(facts, reshape.output(0)), shape(facts, transpose.output(0)))
        ? reshape
        : null;
  }

  /** Keys [B,H,T,D] from what they were transposed from, or transposed once more. */
  private static String keysFirst(GraphEditor graph, String transposed, Node before) {
    Node transpose = graph.producer(transposed);
    Permutation permutation = Permutation.of(transpose);
    if (transpose != null
        && permutation != null
        && java.util.Arrays.equals(permutation.axes(), new int[] {0, 1, 3, 2})) {
      return transpose.input(0);
    }
    String keys = graph.freshName(transposed + "/keys");
    graph.insertBefore(before, Edits.transpose(graph, transposed, keys, 0, 1, 3, 2));
    return keys;
  }
}
