package dev.lathe.compress.calibrate;

import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A running SHA-256. */
final class Sha256 {

  private static final int CHUNK = 1 << 16;

  private final MessageDigest digest;
  private final byte[] chunk = new byte[CHUNK];

  Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new InternalException(Problem.of("this JVM has no SHA-256", e.toString()));
    }
  }

  void add(String text) {
    digest.update((text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  void add(MemorySegment bytes) {
    for (long at = 0; at < bytes.byteSize(); at += CHUNK) {
      int count = (int) Math.min(CHUNK, bytes.byteSize() - at);
      MemorySegment.copy(bytes, Tensor.I8, at, chunk, 0, count);
      digest.update(chunk, 0, count);
    }
  }

  /** The digest of everything so far, in hexadecimal; more may be added. */
  String text() {
    try {
      return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new InternalException(Problem.of("this JVM can't copy a SHA-256", e.toString()));
    }
  }
}
