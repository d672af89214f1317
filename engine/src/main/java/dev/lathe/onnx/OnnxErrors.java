package dev.lathe.onnx;

import com.google.protobuf.ByteString;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;

/** Wording shared by the reader and the writer. */
final class OnnxErrors {

  static final String DAMAGED = "the file is damaged or no ONNX model: fetch or export it again";

  private OnnxErrors() {}

  static InvalidModelException invalid(String what, String where, String why) {
    return new InvalidModelException(new Problem(what, where, why, DAMAGED));
  }

  /**
   * A name as text.
   *
   * @throws InvalidModelException when it is no UTF-8: two such names could not be told apart
   */
  static String name(ByteString bytes, String what, String where) {
    if (!bytes.isValidUtf8()) {
      throw invalid(what + " is not valid UTF-8", where, "");
    }
    return bytes.toStringUtf8();
  }
}
