package dev.lathe.bench;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.ExecutionMode;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.measure.Peer;
import dev.lathe.onnx.OnnxReader;
import java.nio.file.Path;

/**
 * ONNX Runtime at its best setting for the latency of one model alone, with exact 8-bit products.
 *
 * <p>On x86 processors without VNNI its kernels otherwise saturate sums of two u8 x s8 products at
 * 16 bits: faster, and another function than the model's.
 */
public final class OrtPeer implements Peer {

  /** Made by the service loader. */
  public OrtPeer() {}

  @Override
  public String id() {
    return "ort";
  }

  @Override
  public String description() {
    return "ONNX Runtime "
        + OrtEnvironment.getEnvironment().getVersion()
        + ": CPU, all optimizations, equal intra-op threads, 1 inter-op thread, no spinning,"
        + " exact 8-bit products";
  }

  /**
   * Opens a model.
   *
   * @throws UnsupportedException when ONNX Runtime refuses it
   */
  @Override
  public PeerSession open(Path model, int threads) {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.setExecutionMode(ExecutionMode.SEQUENTIAL);
      options.setOptimizationLevel(OptLevel.ALL_OPT);
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      if (!crashesWhenExact(model)) {
        options.addConfigEntry("session.x64quantprecision", "1");
      }
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      return new OrtPeerSession(environment.createSession(model.toString(), options));
    } catch (OrtException failure) {
      throw failed(failure, model.toString());
    }
  }

  /** ONNX Runtime 1.29 reads past the inputs of a MatMulInteger that lacks zero points. */
  private static boolean crashesWhenExact(Path model) {
    return OnnxReader.read(model).graph().nodes().stream()
        .anyMatch(node -> node.is("MatMulInteger") && !node.hasInput(3));
  }

  static UnsupportedException failed(OrtException failure, String where) {
    return new UnsupportedException(
        new Problem("ONNX Runtime fails", where, String.valueOf(failure.getMessage()), ""),
        failure);
  }
}
