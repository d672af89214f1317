package dev.lathe.compress.surgery;

import dev.lathe.tensor.Shape;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Every index of every dimension of every value, in disjoint sets: what is joined goes together or
 * stays together. A frozen set stays.
 */
final class Slots {

  /** Receives slots. */
  interface Visitor {
    void accept(Axis axis, int index, int slot);
  }

  private final Map<String, Shape> shapes;
  private final Map<String, Integer> starts = new HashMap<>();
  private final int[] parents;
  private final Map<Integer, String> frozen = new HashMap<>();

  Slots(Map<String, Shape> shapes) {
    this.shapes = new LinkedHashMap<>(shapes);
    int next = 0;
    for (Map.Entry<String, Shape> entry : this.shapes.entrySet()) {
      starts.put(entry.getKey(), next);
      for (long dim : entry.getValue().dims()) {
        next = Math.addExact(next, Math.toIntExact(dim));
      }
    }
    parents = new int[next];
    for (int i = 0; i < next; i++) {
      parents[i] = i;
    }
  }

  /** The shape of a value; null when it is not known. */
  @Nullable Shape shape(String value) {
    return shapes.get(value);
  }

  int slot(Axis axis, int index) {
    Shape shape = shapes.get(axis.value());
    Integer start = starts.get(axis.value());
    if (shape == null || start == null) {
      throw new IllegalArgumentException("no shape of " + axis);
    }
    int slot = start + index;
    for (int i = 0; i < axis.dimension(); i++) {
      slot += shape.intDim(i);
    }
    return slot;
  }

  /** A number that is the same for all slots of a set, until the next join. */
  int root(int slot) {
    int at = slot;
    while (parents[at] != at) {
      parents[at] = parents[parents[at]];
      at = parents[at];
    }
    return at;
  }

  void join(int one, int other) {
    int low = Math.min(root(one), root(other));
    int high = Math.max(root(one), root(other));
    if (low != high) {
      parents[high] = low;
      String why = frozen.remove(high);
      if (why != null) {
        frozen.putIfAbsent(low, why);
      }
    }
  }

  /** Keeps the set of a slot; the first reason counts. */
  void freeze(int slot, String why) {
    frozen.putIfAbsent(root(slot), why);
  }

  /** Why a slot stays, or null when it may go. */
  @Nullable String frozen(int slot) {
    return frozen.get(root(slot));
  }

  /** Every slot of a dimension. */
  void forEach(Axis axis, IntConsumer consumer) {
    int start = slot(axis, 0);
    Shape shape = shapes.get(axis.value());
    for (int i = 0; shape != null && i < shape.dim(axis.dimension()); i++) {
      consumer.accept(start + i);
    }
  }

  /** Every slot there is, value by value. */
  void forEach(Visitor visitor) {
    for (Map.Entry<String, Shape> entry : shapes.entrySet()) {
      for (int dimension = 0; dimension < entry.getValue().rank(); dimension++) {
        Axis axis = new Axis(entry.getKey(), dimension);
        int start = slot(axis, 0);
        for (int i = 0; i < entry.getValue().dim(dimension); i++) {
          visitor.accept(axis, i, start + i);
        }
      }
    }
  }
}
