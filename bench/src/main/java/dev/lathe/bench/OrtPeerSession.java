package dev.lathe.bench;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.lathe.measure.Peer.PeerSession;
import dev.lathe.measure.Workload;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model in ONNX Runtime. Workloads run on tensors in direct buffers that are made once, inputs
 * and outputs alike, so that a run copies and allocates next to nothing in Java.
 */
final class OrtPeerSession implements PeerSession {

  private final OrtSession session;
  private final List<OnnxTensor> tensors = new ArrayList<>();

  OrtPeerSession(OrtSession session) {
    this.session = session;
  }

  @Override
  public List<Tensor> run(List<Tensor> inputs) {
    Map<String, OnnxTensor> fed = OrtTensors.named(session.getInputNames(), inputs);
    try (OrtSession.Result result = session.run(fed)) {
      List<Tensor> outputs = new ArrayList<>();
      for (int i = 0; i < result.size(); i++) {
        outputs.add(OrtTensors.copy((OnnxTensor) result.get(i)));
      }
      return outputs;
    } catch (OrtException failure) {
      throw OrtPeer.failed(failure, "run of the model");
    } finally {
      fed.values().forEach(OnnxTensor::close);
    }
  }

  @Override
  public Workload workload(String name, List<Tensor> inputs) {
    Map<String, OnnxTensor> fed = OrtTensors.named(session.getInputNames(), inputs);
    tensors.addAll(fed.values());
    Map<String, OnnxTensor> pinned =
        hasFixedOutputs() ? OrtTensors.named(session.getOutputNames(), fixedOutputs()) : Map.of();
    tensors.addAll(pinned.values());
    return Workload.of(name, () -> runOnce(fed, pinned));
  }

  private void runOnce(Map<String, OnnxTensor> fed, Map<String, OnnxTensor> pinned) {
    try (OrtSession.Result result =
        pinned.isEmpty() ? session.run(fed) : session.run(fed, pinned)) {
      if (result.size() == 0) {
        throw new IllegalStateException("no outputs");
      }
    } catch (OrtException failure) {
      throw OrtPeer.failed(failure, "run of the model");
    }
  }

  private boolean hasFixedOutputs() {
    return outputs().values().stream()
        .allMatch(
            info ->
                info.getInfo() instanceof TensorInfo tensor
                    && Arrays.stream(tensor.getShape()).allMatch(dim -> dim > 0));
  }

  private List<Tensor> fixedOutputs() {
    return outputs().values().stream()
        .map(info -> (TensorInfo) info.getInfo())
        .map(info -> Tensor.zeros(OrtTensors.dtype(info), Shape.of(info.getShape())))
        .toList();
  }

  /** Outputs in the model's order. */
  private Map<String, NodeInfo> outputs() {
    try {
      return new LinkedHashMap<>(session.getOutputInfo());
    } catch (OrtException failure) {
      throw OrtPeer.failed(failure, "outputs of the model");
    }
  }

  @Override
  public void close() {
    tensors.forEach(OnnxTensor::close);
    tensors.clear();
    try {
      session.close();
    } catch (OrtException failure) {
      throw OrtPeer.failed(failure, "closing of the model");
    }
  }
}
