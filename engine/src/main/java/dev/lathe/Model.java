package dev.lathe;

import dev.lathe.graph.Network;

/** An immutable model: what an ONNX file holds. */
public final class Model {

  private final Network network;

  private Model(Network network) {
    this.network = network;
  }

  public static Model of(Network network) {
    return new Model(network);
  }

  public Network network() {
    return network;
  }
}
