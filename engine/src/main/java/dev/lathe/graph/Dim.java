package dev.lathe.graph;

/** One declared dimension of a graph input or output. */
public sealed interface Dim {

  /** A fixed extent. */
  record Fixed(long size) implements Dim {
    @Override
    public String toString() {
      return Long.toString(size);
    }
  }

  /** A named extent, such as {@code batch}; equal names mean equal sizes. */
  record Symbol(String name) implements Dim {
    @Override
    public String toString() {
      return name;
    }
  }

  /** An extent the model says nothing about. */
  record Unknown() implements Dim {
    @Override
    public String toString() {
      return "?";
    }
  }
}
