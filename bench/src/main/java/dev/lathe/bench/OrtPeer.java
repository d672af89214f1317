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
import java.nio.file.Path;

/** ONNX Runtime at its best setting for the latency of one model alone. */
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
        + ": CPU, all optimizations, equal intra-op threads, 1 inter-op thread, no spinning";
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
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      return new OrtPeerSession(environment.createSession(model.toString(), options));
    } catch (OrtException failure) {
      throw failed(failure, model.toString());
    }
  }

  static UnsupportedException failed(OrtException failure, String where) {
    return new UnsupportedException(
        new Problem("ONNX Runtime fails", where, String.valueOf(failure.getMessage()), ""),
        failure);
  }
}
