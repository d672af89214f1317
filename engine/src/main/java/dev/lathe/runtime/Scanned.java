package dev.lathe.runtime;

import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** What the runs of a body yield one by one, to be stacked: its outputs from some index on. */
final class Scanned {

  private final Node node;
  private final Graph body;
  private final int from;
  private final List<List<Tensor>> collected = new ArrayList<>();

  Scanned(Node node, Graph body, int from) {
    this.node = node;
    this.body = body;
    this.from = from;
    for (int i = from; i < body.outputs().size(); i++) {
      collected.add(new ArrayList<>());
    }
  }

  void add(List<Tensor> results) {
    for (int i = 0; i < collected.size(); i++) {
      List<Tensor> slices = collected.get(i);
      Tensor slice = results.get(from + i);
      if (!slices.isEmpty()
          && (slices.getFirst().dtype() != slice.dtype()
              || !slices.getFirst().shape().equals(slice.shape()))) {
        throw GraphErrors.invalid(
            node,
            "output '"
                + body.outputs().get(from + i).name()
                + "' of its body is "
                + slices.getFirst()
                + " and later "
                + slice);
      }
      slices.add(slice);
    }
  }

  /** How many outputs are stacked. */
  int count() {
    return collected.size();
  }

  /** All of them along axis 0. */
  List<Tensor> stacked() {
    List<Tensor> stacked = new ArrayList<>();
    for (int i = 0; i < collected.size(); i++) {
      stacked.add(stacked(i, 0, false));
    }
    return stacked;
  }

  /**
   * One of them.
   *
   * @param axis new axis, negative ones from the end
   * @param reversed whether the last slice comes first
   */
  Tensor stacked(int index, long axis, boolean reversed) {
    List<Tensor> slices = collected.get(index);
    ValueInfo declared = body.outputs().get(from + index);
    DType dtype = slices.isEmpty() ? declaredType(declared) : slices.getFirst().dtype();
    Shape shape = slices.isEmpty() ? declaredShape(declared) : slices.getFirst().shape();
    long resolved = axis < 0 ? axis + shape.rank() + 1 : axis;
    if (resolved < 0 || resolved > shape.rank()) {
      throw GraphErrors.invalid(node, "stacks " + shape + " along axis " + axis);
    }
    return Tensors.stack(reversed ? slices.reversed() : slices, dtype, shape, (int) resolved);
  }

  private DType declaredType(ValueInfo declared) {
    DType dtype = declared.dtype();
    if (dtype == null) {
      throw GraphErrors.invalid(
          node, "ran no iteration, and its body does not say the type of " + declared.name());
    }
    return dtype;
  }

  private static Shape declaredShape(ValueInfo declared) {
    List<Dim> dims = declared.dims();
    return dims == null
        ? Shape.of()
        : Shape.of(
            dims.stream()
                .mapToLong(dim -> dim instanceof Dim.Fixed(long size) ? size : 0)
                .toArray());
  }
}
