package dev.lathe.onnx;

/** Where a written model keeps its tensors. */
public enum Storage {
  /** In the model, unless it would exceed what Protobuf libraries can read (2 GiB). */
  AUTOMATIC,
  /**
   * The larger initializers of the main graph in a file {@code <model file name>.data} beside the
   * model.
   */
  EXTERNAL
}
