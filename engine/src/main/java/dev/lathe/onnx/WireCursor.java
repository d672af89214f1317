package dev.lathe.onnx;

import com.google.protobuf.WireFormat;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads Protobuf primitives from a range of a file of any size; never past its end, never
 * allocating.
 */
final class WireCursor {

  private static final int MAX_GROUP_DEPTH = 32;

  private final MemorySegment bytes;
  private final long end;
  private final String place;
  private long position;

  /**
   * @param place names the message in errors
   */
  WireCursor(MemorySegment bytes, long begin, long end, String place) {
    this.bytes = bytes;
    this.position = begin;
    this.end = end;
    this.place = place;
  }

  boolean hasMore() {
    return position < end;
  }

  long position() {
    return position;
  }

  /** A field's tag. */
  int tag() {
    long start = position;
    long tag = varint();
    if (tag != (int) tag || WireFormat.getTagFieldNumber((int) tag) == 0) {
      throw invalid(start, "invalid field tag " + Long.toUnsignedString(tag), "");
    }
    return (int) tag;
  }

  /** The length of what follows, checked to be there. */
  long length() {
    long start = position;
    long length = varint();
    if (length < 0 || length > end - position) {
      throw invalid(
          start,
          "a field claims " + Long.toUnsignedString(length) + " bytes",
          (end - position) + " are left in the message around it");
    }
    return length;
  }

  /** A base-128 number of at most ten bytes. */
  long varint() {
    long start = position;
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (position == end) {
        throw invalid(start, "a number runs past the end", "the message is truncated");
      }
      byte next = bytes.get(ValueLayout.JAVA_BYTE, position++);
      value |= shift < 64 ? (long) (next & 0x7F) << shift : 0;
      if (next >= 0) {
        return value;
      }
    }
    throw invalid(start, "a number of more than ten bytes", "");
  }

  void skip(long count) {
    if (count > end - position) {
      throw invalid(
          position, "a value of " + count + " bytes runs past the end", "the message is truncated");
    }
    position += count;
  }

  /** Skips the value after a tag that is not length-delimited; groups with all they hold. */
  void skipValue(int tag) {
    skipValue(tag, 0);
  }

  private void skipValue(int tag, int depth) {
    long start = position;
    switch (WireFormat.getTagWireType(tag)) {
      case WireFormat.WIRETYPE_VARINT -> varint();
      case WireFormat.WIRETYPE_FIXED64 -> skip(8);
      case WireFormat.WIRETYPE_FIXED32 -> skip(4);
      case WireFormat.WIRETYPE_LENGTH_DELIMITED -> skip(length());
      case WireFormat.WIRETYPE_START_GROUP -> {
        if (depth == MAX_GROUP_DEPTH) {
          throw invalid(start, "groups nested more than " + MAX_GROUP_DEPTH + " deep", "");
        }
        int number = WireFormat.getTagFieldNumber(tag);
        int inner = tag();
        while (WireFormat.getTagWireType(inner) != WireFormat.WIRETYPE_END_GROUP) {
          skipValue(inner, depth + 1);
          inner = tag();
        }
        if (WireFormat.getTagFieldNumber(inner) != number) {
          throw invalid(start, "group " + number + " ends as another", "");
        }
      }
      default -> throw invalid(start, "invalid wire type " + WireFormat.getTagWireType(tag), "");
    }
  }

  private InvalidModelException invalid(long at, String what, String why) {
    return new InvalidModelException(
        new Problem(what, "byte " + at + ", in " + place, why, OnnxErrors.DAMAGED));
  }
}
