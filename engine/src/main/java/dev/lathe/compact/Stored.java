package dev.lathe.compact;

import dev.lathe.compact.proto.Stream;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.zip.Deflater;

/** Bytes of a stream as they go into the file. */
final class Stored {

  private static final int SAMPLE = 1 << 16;
  private static final double WORTHWHILE = 0.98;

  /** Higher ones save 0.1 % and take many times as long on sparse weights. */
  private static final int LEVEL = 6;

  private final byte[] bytes;
  private final boolean deflated;

  private Stored(byte[] bytes, boolean deflated) {
    this.bytes = bytes;
    this.deflated = deflated;
  }

  static Stored plain(byte[] data) {
    return new Stored(data, false);
  }

  /** A stream as it is, or deflated when it may be and gets smaller by that. */
  static Stored of(byte[] data, Compactness compactness) {
    return compactness == Compactness.FAST ? plain(data) : smallest(data);
  }

  private static Stored smallest(byte[] data) {
    Stored best = new Stored(data, false).smaller(deflate(data, Deflater.HUFFMAN_ONLY));
    // Matching strings costs ten times as much, and weights have none.
    byte[] sample = Arrays.copyOf(data, Math.min(SAMPLE, data.length));
    byte[] matched = deflate(sample, Deflater.DEFAULT_STRATEGY);
    int without = Math.min(sample.length, deflate(sample, Deflater.HUFFMAN_ONLY).length);
    if (matched.length < WORTHWHILE * without) {
      best = best.smaller(deflate(data, Deflater.DEFAULT_STRATEGY));
    }
    return best;
  }

  private Stored smaller(byte[] compressed) {
    return compressed.length < bytes.length ? new Stored(compressed, true) : this;
  }

  private static byte[] deflate(byte[] data, int strategy) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 16];
    try (Deflater deflater = new Deflater(LEVEL, true)) {
      deflater.setStrategy(strategy);
      deflater.setInput(data);
      deflater.finish();
      while (!deflater.finished()) {
        out.write(buffer, 0, deflater.deflate(buffer));
      }
    }
    return out.toByteArray();
  }

  byte[] bytes() {
    return bytes;
  }

  Stream message() {
    return Stream.newBuilder().setStored(bytes.length).setDeflated(deflated).build();
  }
}
