package dev.lathe.onnx;

import dev.lathe.tensor.Tensor;

/** Keeps contents of initializers apart from the model they belong to. */
public interface TensorSink {

  /** Whether it takes a tensor. */
  boolean wants(Tensor tensor);

  /** Takes a tensor's contents; the key gets them back. */
  long put(Tensor tensor);
}
