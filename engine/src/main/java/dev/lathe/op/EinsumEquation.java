package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The equation of an Einsum node resolved against the shapes of its operands. Every axis has a
 * label: those an ellipsis stands for come first, aligned at the right as in broadcasting, then the
 * letters in the order of their codes.
 *
 * <pre>
 * equation := term {"," term} ["->" term];  term := letters with at most one "..."
 * </pre>
 */
final class EinsumEquation {

  private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  private final Node node;
  private final int ellipsis;
  private final List<int[]> terms;
  private final int[] output;
  private final long[] extents;

  private EinsumEquation(Inference inference) {
    this.node = inference.node();
    String equation = node.textAttribute("equation", "").replace(" ", "");
    int arrow = equation.indexOf("->");
    String[] given = (arrow < 0 ? equation : equation.substring(0, arrow)).split(",", -1);
    if (given.length != node.inputs().size()) {
      throw invalid("equation '" + equation + "' has " + given.length + " terms");
    }
    int widest = 0;
    for (int i = 0; i < given.length; i++) {
      widest = Math.max(widest, hidden(given[i], inference.shape(i).rank()));
    }
    this.ellipsis = widest;
    this.extents = new long[widest + LETTERS.length()];
    Arrays.fill(extents, 1);
    this.terms = new ArrayList<>();
    for (int i = 0; i < given.length; i++) {
      terms.add(term(given[i], inference.shape(i)));
    }
    this.output = arrow < 0 ? implied() : explicit(equation.substring(arrow + 2));
  }

  static EinsumEquation of(Inference inference) {
    return new EinsumEquation(inference);
  }

  /** Number of labels there could be; labels lie in [0, labels). */
  int labels() {
    return extents.length;
  }

  /** Labels of the axes of an operand. */
  int[] term(int operand) {
    return terms.get(operand).clone();
  }

  /** Labels of the axes of the result, all different. */
  int[] output() {
    return output.clone();
  }

  /** Extent of a label, 1 when no operand has it. */
  long extent(int label) {
    return extents[label];
  }

  /** Product of the extents of labels. */
  long product(int[] labels) {
    return IntStream.of(labels).mapToLong(label -> extents[label]).reduce(1, (a, b) -> a * b);
  }

  Shape outputShape() {
    return Shape.of(IntStream.of(output).mapToLong(label -> extents[label]).toArray());
  }

  /** How many axes the ellipsis of a term stands for. */
  private int hidden(String term, int rank) {
    int dots = term.indexOf("...");
    String letters = dots < 0 ? term : term.substring(0, dots) + term.substring(dots + 3);
    for (int i = 0; i < letters.length(); i++) {
      if (LETTERS.indexOf(letters.charAt(i)) < 0) {
        throw invalid("'" + letters.charAt(i) + "' in term '" + term + "' is no label");
      }
    }
    int hidden = rank - letters.length();
    if (hidden < 0 || (hidden > 0 && dots < 0)) {
      throw invalid("term '" + term + "' does not fit an operand of rank " + rank);
    }
    return hidden;
  }

  private int[] labels(String term, int hidden) {
    int dots = term.indexOf("...");
    IntStream before = letters(dots < 0 ? term : term.substring(0, dots));
    IntStream after = letters(dots < 0 ? "" : term.substring(dots + 3));
    IntStream between = IntStream.range(ellipsis - hidden, ellipsis);
    return IntStream.concat(before, IntStream.concat(between, after)).toArray();
  }

  private IntStream letters(String letters) {
    return letters.chars().map(letter -> ellipsis + LETTERS.indexOf(letter));
  }

  private int[] term(String term, Shape shape) {
    int[] labels = labels(term, hidden(term, shape.rank()));
    for (int axis = 0; axis < labels.length; axis++) {
      long known = extents[labels[axis]];
      long extent = shape.dim(axis);
      if (known != 1 && extent != 1 && known != extent) {
        throw invalid(
            "axis " + axis + " of " + shape + " has extent " + extent + ", elsewhere " + known);
      }
      extents[labels[axis]] = extent == 1 ? known : extent;
    }
    return labels;
  }

  /** Without an arrow: what the ellipsis stands for, then every label that occurs once, sorted. */
  private int[] implied() {
    int[] occurrences = new int[extents.length];
    terms.forEach(term -> IntStream.of(term).forEach(label -> occurrences[label]++));
    return IntStream.range(0, extents.length)
        .filter(label -> label < ellipsis || occurrences[label] == 1)
        .toArray();
  }

  private int[] explicit(String term) {
    boolean dots = term.contains("...");
    hidden(term, term.length() - (dots ? 3 : 0));
    if (ellipsis > 0 && !dots) {
      throw invalid("the result '" + term + "' lacks the ellipsis of the operands");
    }
    int[] labels = labels(term, ellipsis);
    for (int i = 0; i < labels.length; i++) {
      int label = labels[i];
      boolean known =
          terms.stream().anyMatch(other -> IntStream.of(other).anyMatch(l -> l == label));
      boolean repeated = IntStream.range(0, i).anyMatch(j -> labels[j] == label);
      if (!known || repeated) {
        throw invalid("the result '" + term + "' repeats a label or has one of its own");
      }
    }
    return labels;
  }

  private RuntimeException invalid(String what) {
    return GraphErrors.invalid(node, what);
  }
}
