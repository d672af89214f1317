package dev.lathe.onnx;

import dev.lathe.onnx.proto.StringStringEntryProto;
import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * References to contents in a {@link TensorSink}. In the form of ONNX's external data, so that the
 * message stays well-formed: the entry {@code section} holds the key, the entry {@code field} the
 * number of the field the contents were in, unless that was {@code raw_data}.
 */
final class DetachedContents {

  private static final String SECTION = "section";
  private static final String FIELD = "field";

  private DetachedContents() {}

  /** Writes references. */
  record Place(TensorSink sink) implements ContentsPlace {

    @Override
    public boolean wants(Tensor tensor) {
      return sink.wants(tensor);
    }

    @Override
    public boolean restores() {
      return true;
    }

    @Override
    public void place(Tensor tensor, int payload, WireMessage message) {
      entry(message, SECTION, sink.put(tensor));
      if (payload != TensorProto.RAW_DATA_FIELD_NUMBER) {
        entry(message, FIELD, payload);
      }
      message.addAll(
          TensorProto.newBuilder().setDataLocation(TensorProto.DataLocation.EXTERNAL).build());
    }

    private static void entry(WireMessage message, String key, long value) {
      message.add(
          TensorProto.EXTERNAL_DATA_FIELD_NUMBER,
          StringStringEntryProto.newBuilder().setKey(key).setValue(Long.toString(value)).build());
    }
  }

  /** Follows references. */
  record Lookup(TensorSource source) implements OutsideContents {

    @Override
    public MemorySegment read(List<StringStringEntryProto> entries, long size, String place) {
      return source.get(number(entries, SECTION, -1, place), size, place);
    }

    @Override
    public int payload(List<StringStringEntryProto> entries, DType dtype, String place) {
      long field = number(entries, FIELD, TensorProto.RAW_DATA_FIELD_NUMBER, place);
      if (field != TensorProto.RAW_DATA_FIELD_NUMBER && field != TypedData.fixedField(dtype)) {
        throw OnnxErrors.invalid("contents of field " + field, place, "they are " + dtype);
      }
      return (int) field;
    }

    private static long number(
        List<StringStringEntryProto> entries, String key, long fallback, String place) {
      for (StringStringEntryProto entry : entries) {
        if (entry.getKey().equals(key)) {
          try {
            return Long.parseLong(entry.getValue());
          } catch (NumberFormatException e) {
            throw OnnxErrors.invalid(
                "reference to " + key + " '" + entry.getValue() + "'", place, "it is no number");
          }
        }
      }
      return fallback;
    }
  }
}
