package dev.lathe.onnx;

import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A tensor as the file wrote it.
 *
 * @param tensor its contents; null for strings, which stay in {@code wire}
 * @param external whether the contents are elsewhere, and {@code wire} only refers to them
 * @param payload the field that holds the contents, or would; {@link #SCATTERED} when they were
 *     gathered from more than one place
 */
record TensorOrigin(
    String name, @Nullable Tensor tensor, Wire wire, boolean external, int payload) {

  static final int SCATTERED = 0;

  /** Whether {@code current} still is what was read. */
  @SuppressWarnings("ReferenceEquality") // the same bytes in memory, not equal ones
  boolean isUntouched(Tensor current) {
    return tensor != null
        && (tensor == current
            || (tensor.dtype() == current.dtype()
                && tensor.shape().equals(current.shape())
                && tensor.data().equals(current.data())));
  }

  /** Whether a field of a tensor stays with it when its contents are written anew. */
  static boolean isKept(int field) {
    return switch (field) {
      case TensorProto.DIMS_FIELD_NUMBER,
          TensorProto.DATA_TYPE_FIELD_NUMBER,
          TensorProto.NAME_FIELD_NUMBER,
          TensorProto.EXTERNAL_DATA_FIELD_NUMBER,
          TensorProto.DATA_LOCATION_FIELD_NUMBER ->
          false;
      default -> !TensorDecoder.isPayload(field);
    };
  }
}
