package dev.lathe.compact;

import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * The first {@value #PREAMBLE} bytes of a compact file, and its limits.
 *
 * <pre>
 *  0  magic            8 bytes
 *  8  version          uint32
 * 12  header bytes     uint32, the message that follows the preamble
 * 16  file bytes       uint64
 * 24  zeros            8 bytes
 * 32  SHA-256          of bytes 0 to 31 and of all after the preamble
 * </pre>
 */
final class CompactFile {

  static final int VERSION = 1;
  static final int PREAMBLE = 64;
  static final int ALIGNMENT = 64;

  /** Most bytes of the header. */
  static final int MAX_HEADER = 4 << 20;

  /** Most sections, so that the header stays below its limit. */
  static final int MAX_SECTIONS = 20_000;

  static final int HEADER_BYTES_AT = 12;
  static final int FILE_BYTES_AT = 16;
  static final int HASH_AT = 32;

  private static final byte[] MAGIC = "\u0089LATHE\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final int VERSION_AT = 8;
  private static final long FREE_BYTES = 64L << 20;
  private static final long MAX_RATIO = 64;

  private CompactFile() {}

  static boolean startsLike(MemorySegment file) {
    return file.byteSize() >= MAGIC.length
        && MemorySegment.ofArray(MAGIC).mismatch(file.asSlice(0, MAGIC.length)) < 0;
  }

  /** Most bytes that what is in a file may take in memory: a hostile one must not ask for more. */
  static long mostUnpacked(long fileBytes) {
    return FREE_BYTES + MAX_RATIO * fileBytes;
  }

  /** Bytes a file must have for what is in it. */
  static long leastBytes(long unpacked) {
    return Math.ceilDiv(Math.max(0, unpacked - FREE_BYTES), MAX_RATIO);
  }

  static long aligned(long offset) {
    return Math.ceilDiv(offset, ALIGNMENT) * ALIGNMENT;
  }

  /** A preamble without its hash. */
  static MemorySegment preamble(int headerBytes, long fileBytes) {
    MemorySegment preamble = MemorySegment.ofArray(new byte[PREAMBLE]);
    MemorySegment.copy(MAGIC, 0, preamble, ValueLayout.JAVA_BYTE, 0, MAGIC.length);
    preamble.set(Tensor.I32, VERSION_AT, VERSION);
    preamble.set(Tensor.I32, HEADER_BYTES_AT, headerBytes);
    preamble.set(Tensor.I64, FILE_BYTES_AT, fileBytes);
    return preamble;
  }

  static int version(MemorySegment preamble) {
    return preamble.get(Tensor.I32, VERSION_AT);
  }
}
