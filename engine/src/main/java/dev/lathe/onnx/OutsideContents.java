package dev.lathe.onnx;

import dev.lathe.onnx.proto.StringStringEntryProto;
import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Contents of tensors that a model only refers to. */
interface OutsideContents {

  /**
   * A tensor's contents.
   *
   * @param entries the tensor's {@code external_data}
   * @param size bytes its shape asks for
   */
  MemorySegment read(List<StringStringEntryProto> entries, long size, String place);

  /** The field that holds the contents when they are inside. */
  default int payload(List<StringStringEntryProto> entries, DType dtype, String place) {
    return TensorProto.RAW_DATA_FIELD_NUMBER;
  }
}
