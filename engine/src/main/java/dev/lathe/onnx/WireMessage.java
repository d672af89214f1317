package dev.lathe.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.WireFormat;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * A message being put together from slices, without copying them and without a limit on its size.
 * Fields are written by number, those of one number in the order they were added: the order every
 * Protobuf library writes.
 */
final class WireMessage {

  private record Part(int number, List<MemorySegment> segments, long size) {}

  private final List<Part> parts = new ArrayList<>();
  private long size;

  /** Adds a field as it is. */
  void add(Wire.Field field) {
    MemorySegment whole = field.whole();
    add(new Part(field.number(), List.of(whole), whole.byteSize()));
  }

  /** Adds all fields of a message. */
  void addAll(MessageLite message) {
    Wire.of(message).fields().forEach(this::add);
  }

  void add(int number, MemorySegment payload) {
    add(delimited(number, List.of(payload), payload.byteSize()));
  }

  void add(int number, ByteString payload) {
    add(number, MemorySegment.ofArray(payload.toByteArray()));
  }

  void add(int number, MessageLite message) {
    add(number, MemorySegment.ofArray(message.toByteArray()));
  }

  void add(int number, WireMessage message) {
    List<MemorySegment> segments = new ArrayList<>();
    message.forEach(segments::add);
    add(delimited(number, segments, message.size));
  }

  /** Bytes of the message. */
  long size() {
    return size;
  }

  /** Hands out the bytes of the message, slice by slice. */
  void forEach(Consumer<MemorySegment> sink) {
    parts.stream()
        .sorted(Comparator.comparingInt(Part::number))
        .forEach(part -> part.segments().forEach(sink));
  }

  /** Whether the message has exactly these bytes. */
  boolean matches(MemorySegment bytes) {
    if (size != bytes.byteSize()) {
      return false;
    }
    List<MemorySegment> slices = new ArrayList<>();
    forEach(slices::add);
    long at = 0;
    for (MemorySegment slice : slices) {
      if (slice.mismatch(bytes.asSlice(at, slice.byteSize())) >= 0) {
        return false;
      }
      at += slice.byteSize();
    }
    return true;
  }

  private static Part delimited(int number, List<MemorySegment> payload, long size) {
    byte[] head = new byte[15];
    CodedOutputStream output = CodedOutputStream.newInstance(head);
    try {
      output.writeTag(number, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      output.writeUInt64NoTag(size);
    } catch (java.io.IOException e) {
      throw new IllegalStateException("a tag and a length fit 15 bytes", e);
    }
    int headSize = head.length - output.spaceLeft();
    List<MemorySegment> segments = new ArrayList<>(payload.size() + 1);
    segments.add(MemorySegment.ofArray(head).asSlice(0, headSize));
    segments.addAll(payload);
    return new Part(number, segments, headSize + size);
  }

  private void add(Part part) {
    parts.add(part);
    size += part.size();
  }
}
