package dev.lathe;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession.SessionOptions;

/** How ONNX Runtime is run when its answers are the reference. */
public final class ExactPeer {

  private ExactPeer() {}

  /**
   * Options under which 8-bit products are exact. Without, ONNX Runtime's kernels for x86
   * processors without VNNI saturate sums of two u8 x s8 products at 16 bits.
   */
  public static SessionOptions options() throws OrtException {
    SessionOptions options = new SessionOptions();
    options.addConfigEntry("session.x64quantprecision", "1");
    options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
    return options;
  }
}
