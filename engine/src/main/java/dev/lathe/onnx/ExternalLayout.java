package dev.lathe.onnx;

import dev.lathe.onnx.proto.StringStringEntryProto;
import dev.lathe.onnx.proto.TensorProto;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The data file beside a model: which tensor goes where. Offsets are multiples of {@value
 * #ALIGNMENT}, so that any runtime can map a tensor by itself.
 */
final class ExternalLayout {

  /** Smaller tensors stay in the model, where tools that only read shapes need them. */
  static final int MIN_TENSOR_BYTES = 1024;

  private static final int ALIGNMENT = 4096;

  private final String location;
  private final Map<Long, MemorySegment> contents = new LinkedHashMap<>();
  private long size;

  /**
   * @param location name of the data file
   */
  ExternalLayout(String location) {
    this.location = location;
  }

  /** Places a tensor's bytes and writes the reference to them into its message. */
  void place(MemorySegment data, WireMessage tensor) {
    long offset = Math.ceilDiv(size, ALIGNMENT) * ALIGNMENT;
    contents.put(offset, data);
    size = offset + data.byteSize();
    entry(tensor, "location", location);
    entry(tensor, "offset", Long.toString(offset));
    entry(tensor, "length", Long.toString(data.byteSize()));
    tensor.addAll(
        TensorProto.newBuilder().setDataLocation(TensorProto.DataLocation.EXTERNAL).build());
  }

  boolean isEmpty() {
    return contents.isEmpty();
  }

  /** Hands out the bytes of the file, gaps as zeros. */
  void forEach(Consumer<MemorySegment> sink) {
    long at = 0;
    for (Map.Entry<Long, MemorySegment> tensor : contents.entrySet()) {
      sink.accept(MemorySegment.ofArray(new byte[(int) (tensor.getKey() - at)]));
      sink.accept(tensor.getValue());
      at = tensor.getKey() + tensor.getValue().byteSize();
    }
  }

  private static void entry(WireMessage tensor, String key, String value) {
    tensor.add(
        TensorProto.EXTERNAL_DATA_FIELD_NUMBER,
        StringStringEntryProto.newBuilder().setKey(key).setValue(value).build());
  }
}
