package dev.lathe.compress.quantize;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.lathe.ExactPeer;
import dev.lathe.graph.Network;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A network in ONNX Runtime, as an independent opinion. */
public final class OrtModel implements AutoCloseable {

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final String input;

  OrtModel(Network network) throws OrtException {
    this(OnnxWriter.toBytes(network));
  }

  /** Of the bytes of an ONNX file. */
  public OrtModel(byte[] file) throws OrtException {
    try (OrtSession.SessionOptions options = ExactPeer.options()) {
      session = environment.createSession(file, options);
    }
    input = session.getInputNames().iterator().next();
  }

  /** The graph ONNX Runtime makes of a network. */
  static Network optimized(Network network) throws OrtException, IOException {
    Path file = Files.createTempFile("optimized", ".onnx");
    try (OrtSession.SessionOptions options = ExactPeer.options()) {
      options.setOptimizedModelFilePath(file.toString());
      OrtEnvironment.getEnvironment().createSession(OnnxWriter.toBytes(network), options).close();
      return OnnxReader.read(Files.readAllBytes(file));
    } finally {
      Files.delete(file);
    }
  }

  /** Every output by name, in order. */
  public Map<String, Tensor> run(Tensor tensor) throws OrtException {
    FloatBuffer values = FloatBuffer.wrap(tensor.toFloats());
    try (OnnxTensor fed = OnnxTensor.createTensor(environment, values, tensor.shape().dims());
        OrtSession.Result result = session.run(Map.of(input, fed))) {
      Map<String, Tensor> outputs = new LinkedHashMap<>();
      for (Map.Entry<String, OnnxValue> entry : result) {
        OnnxTensor output = (OnnxTensor) entry.getValue();
        float[] copy = new float[output.getFloatBuffer().remaining()];
        output.getFloatBuffer().get(copy);
        outputs.put(entry.getKey(), Tensor.of(copy, output.getInfo().getShape()));
      }
      return outputs;
    }
  }

  /** The first output. */
  public Tensor output(Tensor tensor) throws OrtException {
    return run(tensor).values().iterator().next();
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
