package dev.lathe;

import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import dev.lathe.onnx.Overwrite;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** An immutable model: what a model file holds. */
public final class Model {

  private final Network network;

  private Model(Network network) {
    this.network = network;
  }

  public static Model of(Network network) {
    return new Model(network);
  }

  /**
   * Reads an ONNX or a compact file; large tensors stay mapped.
   *
   * @throws dev.lathe.error.InvalidModelException when the file is unreadable, truncated, altered
   *     or inconsistent
   */
  public static Model load(Path file) {
    return new Model(ModelFiles.read(file));
  }

  /** Writes a compact file if its name ends in {@code .lathe}, else ONNX; whole or not at all. */
  public void save(Path file, Overwrite overwrite) {
    ModelFiles.write(network, file, overwrite);
  }

  /** The model after some transformations, in order; this one stays as it is. */
  @SafeVarargs
  public final Model transform(UnaryOperator<Network>... transformations) {
    Network current = network;
    for (UnaryOperator<Network> transformation : transformations) {
      current = transformation.apply(current);
    }
    return new Model(current);
  }

  public Network network() {
    return network;
  }
}
