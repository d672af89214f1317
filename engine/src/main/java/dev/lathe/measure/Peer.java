package dev.lathe.measure;

import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * Another inference engine to measure against; found as a service, so the engine depends on none.
 */
public interface Peer {

  /** As {@code --peer} names it, such as {@code ort}. */
  String id();

  /** Name, version and the setting it runs at, for reports. */
  String description();

  /** Opens a model at the peer's best setting for latency on a number of threads. */
  PeerSession open(Path model, int threads);

  /** A model opened by a peer. */
  interface PeerSession extends AutoCloseable {

    /** Runs once and returns the outputs, in the model's order. */
    List<Tensor> run(List<Tensor> inputs);

    /**
     * A workload that runs the model on fixed inputs again and again, with as little overhead as
     * the peer allows.
     */
    Workload workload(String name, List<Tensor> inputs);

    @Override
    void close();
  }

  /** The peer of a name, if its provider is present. */
  static Optional<Peer> find(String id) {
    return ServiceLoader.load(Peer.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(peer -> peer.id().equals(id))
        .findFirst();
  }
}
