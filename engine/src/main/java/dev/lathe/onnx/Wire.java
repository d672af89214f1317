package dev.lathe.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
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
 * The fields of one message, as slices of the file, without descending into them.
 *
 * @param place what the message is and where it starts, for messages to the user
 * @param bytes the message
 * @param fields in file order
 */
record Wire(String place, MemorySegment bytes, List<Field> fields) {

  /**
   * Longest part of a message that may be handed to the generated parsers, which copy what they
   * read.
   */
  private static final int MAX_PARSED = 256 << 20;

  /**
   * One field.
   *
   * @param type a {@code WIRETYPE} of {@link WireFormat}
   * @param whole tag and payload
   * @param payload contents of a length-delimited field without the length; else the encoded value
   * @param offset of the payload in the file
   */
  record Field(int number, int type, MemorySegment whole, MemorySegment payload, long offset) {

    boolean isDelimited() {
      return type == WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }
  }

  /**
   * Splits a message.
   *
   * @param offset of the message in the file
   * @param what names the message in errors
   * @throws InvalidModelException when tags or lengths don't fit
   */
  static Wire split(MemorySegment message, long offset, String what) {
    String place = what + " at byte " + offset;
    List<Field> fields = new ArrayList<>();
    WireCursor cursor = new WireCursor(message, offset, place);
    while (cursor.hasMore()) {
      long start = cursor.position();
      int tag = cursor.tag();
      int type = WireFormat.getTagWireType(tag);
      long begin = cursor.position();
      if (type == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        long length = cursor.length();
        begin = cursor.position();
        cursor.skip(length);
      } else {
        cursor.skipValue(tag);
      }
      long end = cursor.position();
      fields.add(
          new Field(
              WireFormat.getTagFieldNumber(tag),
              type,
              message.asSlice(start, end - start),
              message.asSlice(begin, end - begin),
              offset + begin));
    }
    return new Wire(place, message, fields);
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

  /** The fields {@code keep} accepts by number, parsed as a message. */
  <T extends MessageLite> T parse(Parser<T> parser, IntPredicate keep) {
    List<MemorySegment> parts = new ArrayList<>();
    long size = 0;
    for (Field field : fields) {
      if (keep.test(field.number())) {
        parts.add(field.whole());
        size += field.whole().byteSize();
      }
    }
    if (size > MAX_PARSED) {
      throw invalid(
          size + " bytes of names, attributes and annotations in one message",
          "at most " + MAX_PARSED + " are read");
    }
    byte[] bytes = new byte[(int) size];
    int at = 0;
    for (MemorySegment part : parts) {
      MemorySegment.copy(part, ValueLayout.JAVA_BYTE, 0, bytes, at, (int) part.byteSize());
      at += (int) part.byteSize();
    }
    return parse(parser, bytes);
  }

  private <T extends MessageLite> T parse(Parser<T> parser, byte[] bytes) {
    try {
      CodedInputStream input = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
      input.enableAliasing(true);
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

  /** The only field of a number; null when absent. */
  @Nullable Field single(int number) {
    List<Field> found = all(number);
    if (found.size() > 1) {
      throw invalid("field " + number + " is there " + found.size() + " times", "it is no list");
    }
    return found.isEmpty() ? null : found.getFirst();
  }

  InvalidModelException invalid(String what, String why) {
    return new InvalidModelException(new Problem(what, place, why, OnnxErrors.DAMAGED));
  }
}
