package dev.lathe.compress.factorize;

import dev.lathe.graph.GraphEditor;
import dev.lathe.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The constants that one weight became. */
public final class Factors {

  private final String weight;
  private final Map<String, String> names = new HashMap<>();

  Factors(String weight) {
    this.weight = weight;
  }

  /** The name of a factor, which is made when it is first asked for. */
  public String name(String suffix, GraphEditor editor, Supplier<Tensor> contents) {
    return names.computeIfAbsent(
        suffix, none -> editor.addConstant(weight + "_" + suffix, contents.get()));
  }

  /** A float32 tensor of doubles, each rounded once. */
  static Tensor tensor(double[] values, long... dims) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Tensor.of(floats, dims);
  }
}
