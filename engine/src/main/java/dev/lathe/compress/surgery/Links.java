package dev.lathe.compress.surgery;

import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a rule sees of one node, and where it says what goes together. */
final class Links {

  private final Node node;
  private final long opset;
  private final Facts facts;
  private final Slots slots;
  private final List<Filters> filters;
  private final List<Reader> readers;
  private final List<MacCount.Product> products;
  private final Set<Axis> mentioned = new HashSet<>();

  Links(
      Node node,
      long opset,
      Facts facts,
      Slots slots,
      List<Filters> filters,
      List<Reader> readers,
      List<MacCount.Product> products) {
    this.node = node;
    this.opset = opset;
    this.facts = facts;
    this.slots = slots;
    this.filters = filters;
    this.readers = readers;
    this.products = products;
  }

  Node node() {
    return node;
  }

  long opset() {
    return opset;
  }

  Shape input(int index) {
    return facts.get(node.input(index)).shape();
  }

  Shape output(int index) {
    return facts.get(node.output(index)).shape();
  }

  Axis in(int index, int dimension) {
    return new Axis(node.input(index), dimension);
  }

  Axis out(int index, int dimension) {
    return new Axis(node.output(index), dimension);
  }

  /** Whether input {@code index} is there and its shape known. */
  boolean has(int index) {
    return node.hasInput(index) && facts.find(node.input(index)) != null;
  }

  /** Whether output {@code index} has a name and a known shape. */
  boolean yields(int index) {
    return !node.output(index).isEmpty() && facts.find(node.output(index)) != null;
  }

  /** The contents of an input, or null when they are not known ahead. */
  @Nullable Tensor value(int index) {
    TensorFact fact = node.hasInput(index) ? facts.find(node.input(index)) : null;
    return fact == null ? null : fact.value();
  }

  /** An integer list, an attribute in old operator sets and an input in newer ones, or null. */
  long @Nullable [] list(String attribute, int input) {
    long[] values = node.intsAttribute(attribute);
    Tensor value = values == null ? value(input) : null;
    return value == null ? values : value.toLongs();
  }

  /** A dimension given by an attribute, from 0. */
  int axis(long fallback, int rank) {
    long axis = node.intAttribute("axis", fallback);
    return (int) (axis < 0 ? axis + rank : axis);
  }

  @Nullable TensorFact fact(String value) {
    return facts.find(value);
  }

  /** Joins the dimensions of an input with those of an output it is not stretched along. */
  void broadcast(int input, int output) {
    broadcast(input, output, 0);
  }

  /** The same for all but some dimensions at the end. */
  void broadcast(int input, int output, int but) {
    int shift = output(output).rank() - input(input).rank();
    for (int i = 0; i < input(input).rank() - but; i++) {
      if (i + shift >= 0 && extent(in(input, i)) == extent(out(output, i + shift))) {
        join(in(input, i), out(output, i + shift));
      }
    }
  }

  /** Joins two dimensions of the same extent, index by index. */
  void join(Axis one, Axis other) {
    int extent = extent(one);
    if (extent != extent(other)) {
      throw new IllegalArgumentException(node + ": " + one + " and " + other + " differ");
    }
    for (int i = 0; i < extent; i++) {
      join(one, i, other, i);
    }
  }

  /** Joins one index of each of two dimensions. */
  void join(Axis one, int index, Axis other, int otherIndex) {
    mention(one);
    mention(other);
    slots.join(slots.slot(one, index), slots.slot(other, otherIndex));
  }

  /** Takes responsibility for a dimension of which some or all indices go freely. */
  void mention(Axis axis) {
    mentioned.add(axis);
  }

  /** Whether some index of a dimension is known to stay. */
  boolean isFrozen(Axis axis) {
    boolean[] any = {false};
    slots.forEach(axis, slot -> any[0] |= slots.frozen(slot) != null);
    return any[0];
  }

  int extent(Axis axis) {
    return facts.get(axis.value()).shape().intDim(axis.dimension());
  }

  /**
   * Declares a weight that makes channels.
   *
   * @param axis of the weight, one index per filter
   * @param rows of the view per index of the axis
   */
  void filters(int input, int axis, WeightView view, int rows) {
    Tensor tensor = value(input);
    if (tensor != null) {
      filters.add(new Filters(node, in(input, axis), tensor, view, rows));
    }
  }

  /**
   * Declares a weight that takes channels in.
   *
   * @param axis of the weight, one index per channel
   */
  void reader(int input, int axis, WeightView view) {
    Tensor tensor = value(input);
    if (tensor != null) {
      readers.add(new Reader(new Weight(node, node.input(input), tensor, view), in(input, axis)));
    }
  }

  /** Declares multiply-accumulates that are proportional to the extents of some dimensions. */
  void macs(long macs, Axis... factors) {
    products.add(new MacCount.Product(macs, List.of(factors)));
  }

  /** Keeps whole what the rule did not mention. */
  void freezeRest(String why) {
    for (String value : node.inputs()) {
      freezeRest(value, why);
    }
    for (String value : node.outputs()) {
      freezeRest(value, why);
    }
  }

  private void freezeRest(String value, String why) {
    Shape shape = value.isEmpty() ? null : slots.shape(value);
    for (int i = 0; shape != null && i < shape.rank(); i++) {
      Axis axis = new Axis(value, i);
      if (!mentioned.contains(axis)) {
        slots.forEach(axis, slot -> slots.freeze(slot, why));
      }
    }
  }
}
