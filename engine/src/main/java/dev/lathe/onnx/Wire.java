package dev.lathe.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.WireFormat;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one message, as ranges of the file, without descending into them.
 *
 * @param place what the message is and where it starts, for messages to the user
 * @param fields in file order
 */
record Wire(Source source, String place, long begin, long end, List<Field> fields) {

  /** The file, and what may be spent on reading it. */
  private record Source(MemorySegment file, Budget budget) {}

  /**
   * One field: tag at {@code start}, payload in {@code [begin, end)}. The payload of a
   * length-delimited field is its contents without the length, else the encoded value.
   *
   * @param type a {@code WIRETYPE} of {@link WireFormat}
   */
  record Field(Source source, int number, int type, long start, long begin, long end) {

    boolean isDelimited() {
      return type == WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }

    /** Tag and payload. */
    MemorySegment whole() {
      return source.file.asSlice(start, end - start);
    }

    MemorySegment payload() {
      return source.file.asSlice(begin, end - begin);
    }

    long size() {
      return end - begin;
    }

    /** A cursor over the payload. */
    WireCursor cursor(String place) {
      return new WireCursor(source.file, begin, end, place);
    }

    /**
     * The fields of the message this field holds.
     *
     * @param what names the message in errors
     * @throws InvalidModelException when tags or lengths don't fit
     */
    Wire split(String what) {
      return Wire.split(source, begin, end, what);
    }
  }

  /** Splits a whole file. */
  static Wire ofFile(MemorySegment file, Budget budget, String what) {
    return split(new Source(file, budget), 0, file.byteSize(), what);
  }

  /** Splits a message of our own. */
  static Wire of(MessageLite message) {
    Budget budget = new Budget();
    budget.lift();
    return ofFile(MemorySegment.ofArray(message.toByteArray()), budget, "message");
  }

  private static Wire split(Source source, long begin, long end, String what) {
    String place = what + " at byte " + begin;
    List<Field> fields = new ArrayList<>();
    WireCursor cursor = new WireCursor(source.file, begin, end, place);
    while (cursor.hasMore()) {
      source.budget.spendField(place);
      long start = cursor.position();
      int tag = cursor.tag();
      int type = WireFormat.getTagWireType(tag);
      long payload = cursor.position();
      if (type == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        long length = cursor.length();
        payload = cursor.position();
        cursor.skip(length);
      } else {
        cursor.skipValue(tag);
      }
      int number = WireFormat.getTagFieldNumber(tag);
      fields.add(new Field(source, number, type, start, payload, cursor.position()));
    }
    return new Wire(source, place, begin, end, fields);
  }

  /** The whole message. */
  MemorySegment bytes() {
    return source.file.asSlice(begin, end - begin);
  }

  /** Length-delimited fields of a number. */
  List<Field> all(int number) {
    List<Field> found = new ArrayList<>();
    for (Field field : fields) {
      if (field.number() == number) {
        if (!field.isDelimited()) {
          throw invalid(
              "field " + number + " has wire type " + field.type(), "expected length-delimited");
        }
        found.add(field);
      }
    }
    return found;
  }

  /** The only field of a number; null when absent. */
  @Nullable Field single(int number) {
    List<Field> found = all(number);
    if (found.size() > 1) {
      throw invalid("field " + number + " is there " + found.size() + " times", "it is no list");
    }
    return found.isEmpty() ? null : found.getFirst();
  }

  /** The fields {@code keep} accepts by number, parsed as a message. */
  <T extends MessageLite> T parse(Parser<T> parser, IntPredicate keep) {
    List<Field> kept = fields.stream().filter(field -> keep.test(field.number())).toList();
    long size = kept.stream().mapToLong(field -> field.end() - field.start()).sum();
    source.budget.spendParsed(size, place);
    byte[] bytes = new byte[Math.toIntExact(size)];
    int at = 0;
    for (Field field : kept) {
      int length = (int) (field.end() - field.start());
      MemorySegment.copy(source.file, ValueLayout.JAVA_BYTE, field.start(), bytes, at, length);
      at += length;
    }
    try {
      CodedInputStream input = CodedInputStream.newInstance(bytes);
      T message = parser.parseFrom(input);
      input.checkLastTagWas(0);
      return message;
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidModelException(
          new Problem(
              "malformed Protobuf message",
              place,
              String.valueOf(e.getMessage()),
              OnnxErrors.DAMAGED),
          e);
    }
  }

  InvalidModelException invalid(String what, String why) {
    return new InvalidModelException(new Problem(what, place, why, OnnxErrors.DAMAGED));
  }
}
