package dev.lathe.graph;

import dev.lathe.tensor.Tensor;
import java.util.List;

/** The value of a node's attribute. */
public sealed interface Attribute {

  record Int(long value) implements Attribute {}

  record Real(float value) implements Attribute {}

  record Text(String value) implements Attribute {}

  record Ints(List<Long> values) implements Attribute {
    public Ints {
      values = List.copyOf(values);
    }
  }

  record Reals(List<Float> values) implements Attribute {
    public Reals {
      values = List.copyOf(values);
    }
  }

  record Texts(List<String> values) implements Attribute {
    public Texts {
      values = List.copyOf(values);
    }
  }

  record OfTensor(Tensor value) implements Attribute {}

  record OfGraph(Graph value) implements Attribute {}

  record OfGraphs(List<Graph> values) implements Attribute {
    public OfGraphs {
      values = List.copyOf(values);
    }
  }

  /** Inside a function: the value of that attribute of the node that calls it. */
  record Reference(String name) implements Attribute {}

  /**
   * A form no pass looks into (sparse tensors, type protos, lists of tensors, strings that aren't
   * UTF-8): carried through untouched.
   */
  record Opaque(Object proto) implements Attribute {}
}
