package dev.lathe.onnx;

import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A tensor as a {@link TensorProto}: inside the model as {@code raw_data}, or beside it. */
final class TensorEncoder {

  private TensorEncoder() {}

  /**
   * Adds a tensor to a message, with the bytes of the file if {@code origin} has them.
   *
   * @param origin the tensor of that name in the file, if any
   * @param external takes larger contents; null keeps them inside
   */
  static void add(
      int number,
      String name,
      Tensor tensor,
      @Nullable TensorOrigin origin,
      @Nullable ExternalLayout external,
      WireMessage into) {
    ExternalLayout outside =
        tensor.data().byteSize() >= ExternalLayout.MIN_TENSOR_BYTES ? external : null;
    if (origin != null && !origin.external() && outside == null && origin.isUntouched(tensor)) {
      into.add(number, origin.wire().bytes());
      return;
    }
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
    MemorySegment data = tensor.data();
    if (outside != null) {
      outside.place(data, message);
    } else {
      message.add(TensorProto.RAW_DATA_FIELD_NUMBER, data);
    }
    into.add(number, message);
  }
}
