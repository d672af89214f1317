package dev.lathe.tensor;

import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A running SHA-256. */
public final class Sha256 {

  private static final int CHUNK = 1 << 16;

  private final MessageDigest digest;
  private final byte[] chunk = new byte[CHUNK];

  public Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new InternalException(Problem.of("this JVM has no SHA-256", e.toString()));
    }
  }

  public void add(String text) {
    digest.update((text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  public void add(MemorySegment bytes) {
    for (long at = 0; at < bytes.byteSize(); at += CHUNK) {
      int count = (int) Math.min(CHUNK, bytes.byteSize() - at);
      MemorySegment.copy(bytes, Tensor.I8, at, chunk, 0, count);
      digest.update(chunk, 0, count);
    }
  }

  /** The digest of everything so far, in hexadecimal; more may be added. */
  public String text() {
    return HexFormat.of().formatHex(bytes());
  }

  /** The 32 bytes of the digest of everything so far; more may be added. */
  public byte[] bytes() {
    try {
      return ((MessageDigest) digest.clone()).digest();
    } catch (CloneNotSupportedException e) {
      throw new InternalException(Problem.of("this JVM can't copy a SHA-256", e.toString()));
    }
  }
}
