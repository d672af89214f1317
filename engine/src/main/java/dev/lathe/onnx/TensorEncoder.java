package dev.lathe.onnx;

import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** A tensor as a {@link TensorProto}: inside the model as {@code raw_data}, or beside it. */
final class TensorEncoder {

  private TensorEncoder() {}

  /**
   * Adds a tensor to a message, with the bytes of the file if {@code origin} has them.
   *
   * @param origin the tensor of that name in the file, if any
   * @param place takes larger contents; null keeps them inside
   */
  static void add(
      int number,
      String name,
      Tensor tensor,
      @Nullable TensorOrigin origin,
      @Nullable ContentsPlace place,
      WireMessage into) {
    TensorOrigin read = origin != null && origin.isUntouched(tensor) ? origin : null;
    ContentsPlace outside = place != null && place.wants(tensor) ? place : null;
    if (read != null && !read.external()) {
      if (outside == null || (outside.restores() && !isRestorable(tensor, read))) {
        into.add(number, read.wire().bytes());
        return;
      }
    }
    int payload = read == null ? TensorProto.RAW_DATA_FIELD_NUMBER : read.payload();
    WireMessage message = head(name, tensor, origin);
    if (outside != null) {
      outside.place(tensor, payload, message);
    } else {
      message.add(payload, tensor.data());
    }
    into.add(number, message);
  }

  /** Whether the message of the file is what would be written anew, field by field. */
  private static boolean isRestorable(Tensor tensor, TensorOrigin origin) {
    if (origin.payload() == TensorOrigin.SCATTERED) {
      return false;
    }
    WireMessage anew = head(origin.name(), tensor, origin);
    anew.add(origin.payload(), tensor.data());
    return anew.matches(origin.wire().bytes());
  }

  /** All but the contents. */
  private static WireMessage head(String name, Tensor tensor, @Nullable TensorOrigin origin) {
    WireMessage message = new WireMessage();
    TensorProto.Builder head = TensorProto.newBuilder().setDataType(tensor.dtype().code());
    for (long dim : tensor.shape().dims()) {
      head.addDims(dim);
    }
    if (!name.isEmpty()) {
      head.setName(name);
    }
    message.addAll(head.build());
    if (origin != null) {
      origin.wire().fields().stream()
          .filter(field -> TensorOrigin.isKept(field.number()))
          .forEach(message::add);
    }
    return message;
  }
}
