package dev.lathe.compact;

import dev.lathe.compact.proto.Stream;
import dev.lathe.error.InvalidModelException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Reads streams that follow each other in a file. */
final class SectionCursor {

  /** Most bytes of a stream that is unpacked. */
  static final long MOST_BYTES = 1L << 30;

  private final MemorySegment file;
  private final long end;
  private final String place;
  private long at;

  /**
   * @param end first byte the streams must not reach
   * @param place what is read, for messages
   */
  SectionCursor(MemorySegment file, long begin, long end, String place) {
    this.file = file;
    this.end = end;
    this.place = place;
    this.at = begin;
  }

  /**
   * The next stream, unpacked.
   *
   * @param bytes that it must have
   */
  byte[] next(Stream stream, long bytes) {
    MemorySegment slice = slice(stream);
    if (Math.max(slice.byteSize(), bytes) > MOST_BYTES) {
      throw invalid("a stream of " + bytes + " bytes; only shorter ones are packed");
    }
    if (stream.getDeflated()) {
      return inflate(slice, (int) bytes);
    }
    return whole(slice, bytes).toArray(ValueLayout.JAVA_BYTE);
  }

  /** The bytes of the next stream, which is not deflated, where they lie. */
  MemorySegment mapped(Stream stream, long bytes) {
    return whole(slice(stream), bytes);
  }

  private MemorySegment whole(MemorySegment slice, long bytes) {
    if (slice.byteSize() != bytes) {
      throw invalid("a stream has " + slice.byteSize() + " bytes where " + bytes + " are needed");
    }
    return slice;
  }

  private MemorySegment slice(Stream stream) {
    long stored = stream.getStored();
    if (stored < 0 || stored > end - at) {
      throw invalid("a stream of " + Long.toUnsignedString(stored) + " bytes leads beyond " + end);
    }
    MemorySegment slice = file.asSlice(at, stored);
    at += stored;
    return slice;
  }

  private byte[] inflate(MemorySegment slice, int bytes) {
    byte[] target = new byte[bytes];
    try (Inflater inflater = new Inflater(true)) {
      inflater.setInput(slice.asByteBuffer());
      int at = 0;
      int more = 1;
      while (more > 0 && at < bytes) {
        more = inflater.inflate(target, at, bytes - at);
        at += more;
      }
      if (at < bytes || inflater.inflate(new byte[1]) > 0 || !inflater.finished()) {
        throw invalid("a deflated stream does not hold the " + bytes + " bytes it should");
      }
    } catch (DataFormatException e) {
      throw invalid("a deflated stream is malformed: " + e.getMessage());
    }
    return target;
  }

  InvalidModelException invalid(String what) {
    return CompactErrors.invalid(what, place, "");
  }
}
