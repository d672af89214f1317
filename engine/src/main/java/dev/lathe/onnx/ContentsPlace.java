package dev.lathe.onnx;

import dev.lathe.tensor.Tensor;

/** A place beside the model for contents of initializers. */
interface ContentsPlace {

  /** Whether contents of this size go there. */
  boolean wants(Tensor tensor);

  /** Whether a reader gets back the message as it was; other messages stay in the model then. */
  boolean restores();

  /**
   * Places a tensor's contents and writes the reference to them into its message.
   *
   * @param payload the field of the message that would hold them
   */
  void place(Tensor tensor, int payload, WireMessage message);
}
