package dev.lathe.onnx;

import dev.lathe.graph.HiddenValues;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * A graph as the file wrote it: the opaque part of its {@link dev.lathe.graph.Graph}.
 *
 * @param tensors initializers by name, strings included, in file order
 * @param sparse names of sparse initializers
 * @param inputs the fields of all inputs by name in file order, those of initializers included
 */
record GraphOrigin(
    Wire wire,
    Map<String, TensorOrigin> tensors,
    Set<String> sparse,
    Map<String, Wire.Field> inputs)
    implements HiddenValues {

  @Override
  public Set<String> names() {
    Set<String> hidden = new LinkedHashSet<>(sparse);
    tensors.values().stream()
        .filter(tensor -> tensor.tensor() == null)
        .forEach(tensor -> hidden.add(tensor.name()));
    return hidden;
  }

  boolean isExternal() {
    return tensors.values().stream().anyMatch(TensorOrigin::external);
  }
}
