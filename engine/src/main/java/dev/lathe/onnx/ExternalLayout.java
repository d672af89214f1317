package dev.lathe.onnx;

import dev.lathe.onnx.proto.StringStringEntryProto;
import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The data file beside a model: which tensor goes where. Offsets are multiples of {@value
 * #ALIGNMENT}, so that any runtime can map a tensor by itself.
 */
final class ExternalLayout implements ContentsPlace {

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

  @Override
  public boolean wants(Tensor tensor) {
    return tensor.data().byteSize() >= MIN_TENSOR_BYTES;
  }

  @Override
  public boolean restores() {
    return false;
  }

  @Override
  public void place(Tensor tensor, int payload, WireMessage message) {
    MemorySegment data = tensor.data();
    long offset = Math.ceilDiv(size, ALIGNMENT) * ALIGNMENT;
    contents.put(offset, data);
    size = offset + data.byteSize();
    entry(message, "location", location);
    entry(message, "offset", Long.toString(offset));
    entry(message, "length", Long.toString(data.byteSize()));
    message.addAll(
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

  private static void entry(WireMessage message, String key, String value) {
    message.add(
        TensorProto.EXTERNAL_DATA_FIELD_NUMBER,
        StringStringEntryProto.newBuilder().setKey(key).setValue(value).build());
  }
}
