package dev.lathe.onnx;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;

/**
 * What reading one model may take. A field of two bytes becomes an object many times its size, so a
 * hostile file could ask for far more memory than it has bytes; tensor contents are not counted,
 * they stay in the file.
 */
final class Budget {

  private static final long MAX_FIELDS = 1 << 22;
  private static final long MAX_PARSED_BYTES = 128L << 20;

  private long fields = MAX_FIELDS;
  private long parsedBytes = MAX_PARSED_BYTES;

  /** Counts a field. */
  void spendField(String place) {
    if (--fields < 0) {
      throw exceeded("more than " + MAX_FIELDS + " fields", place);
    }
  }

  /** Counts bytes of names, attributes and annotations about to be parsed. */
  void spendParsed(long bytes, String place) {
    parsedBytes -= bytes;
    if (parsedBytes < 0) {
      throw exceeded(
          "more than " + MAX_PARSED_BYTES + " bytes of names, attributes and annotations", place);
    }
  }

  /** Ends the counting: what was read is in use now. */
  void lift() {
    fields = Long.MAX_VALUE;
    parsedBytes = Long.MAX_VALUE;
  }

  private static UnsupportedException exceeded(String what, String place) {
    return new UnsupportedException(
        new Problem(
            "a model of " + what, place, "no real model comes near it", OnnxErrors.DAMAGED));
  }
}
