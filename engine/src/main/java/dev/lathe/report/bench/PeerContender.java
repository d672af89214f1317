package dev.lathe.report.bench;

import dev.lathe.file.OnnxView;
import dev.lathe.measure.Peer;
import dev.lathe.measure.Workload;
import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;

/** A model on another engine. */
final class PeerContender implements Contender {

  private final String name;
  private final Path model;
  private final Peer peer;
  private final Peer.PeerSession session;
  private final List<Tensor> inputs;
  private final double loadMs;

  private PeerContender(
      String name,
      Path model,
      Peer peer,
      Peer.PeerSession session,
      List<Tensor> inputs,
      double loadMs) {
    this.name = name;
    this.model = model;
    this.peer = peer;
    this.session = session;
    this.inputs = inputs;
    this.loadMs = loadMs;
  }

  static PeerContender open(String name, Path model, Peer peer, int threads, List<Tensor> inputs) {
    try (OnnxView onnx = OnnxView.of(model)) {
      long start = System.nanoTime();
      Peer.PeerSession session = peer.open(onnx.file(), threads);
      double loadMs = (System.nanoTime() - start) / 1e6;
      return new PeerContender(name, model, peer, session, inputs, loadMs);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String model() {
    return model.toString();
  }

  @Override
  public String engine() {
    return peer.id();
  }

  @Override
  public String isa() {
    return "auto";
  }

  @Override
  public double loadMs() {
    return loadMs;
  }

  @Override
  public Workload workload() {
    return session.workload(name, inputs);
  }

  @Override
  public List<Tensor> outputs() {
    return session.run(inputs);
  }

  @Override
  public void close() {
    session.close();
  }
}
