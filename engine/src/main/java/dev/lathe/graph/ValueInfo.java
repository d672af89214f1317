package dev.lathe.graph;

import dev.lathe.tensor.DType;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A declared value: a graph input, a graph output or an annotated inner value.
 *
 * @param dtype element type, or null when the model doesn't say
 * @param dims declared dimensions, or null when not even the rank is known
 * @param opaque what the file says beyond this (non-tensor types, doc strings, unknown fields),
 *     carried through untouched
 */
public record ValueInfo(
    String name, @Nullable DType dtype, @Nullable List<Dim> dims, @Nullable Object opaque) {

  public ValueInfo {
    dims = dims == null ? null : List.copyOf(dims);
  }

  public static ValueInfo of(String name, DType dtype, long... dims) {
    return new ValueInfo(
        name, dtype, java.util.Arrays.stream(dims).<Dim>mapToObj(Dim.Fixed::new).toList(), null);
  }

  /** As in {@code float32 batchx3x224x224}. */
  @Override
  public String toString() {
    String shape =
        dims == null ? "?" : dims.stream().map(Dim::toString).collect(Collectors.joining("x"));
    return name + ": " + (dtype == null ? "?" : dtype) + " " + (shape.isEmpty() ? "scalar" : shape);
  }
}
