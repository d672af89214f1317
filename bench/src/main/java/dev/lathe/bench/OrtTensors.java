package dev.lathe.bench;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Tensors of the engine as ONNX Runtime's, and back. */
final class OrtTensors {

  private OrtTensors() {}

  /** A tensor of its own memory per name, in order. */
  static Map<String, OnnxTensor> named(Collection<String> names, List<Tensor> tensors) {
    if (names.size() != tensors.size()) {
      throw new IllegalArgumentException(names + " for " + tensors.size() + " tensors");
    }
    Map<String, OnnxTensor> named = new LinkedHashMap<>();
    Iterator<Tensor> next = tensors.iterator();
    for (String name : names) {
      named.put(name, toOrt(next.next()));
    }
    return named;
  }

  private static OnnxTensor toOrt(Tensor tensor) {
    long bytes = tensor.data().byteSize();
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
    MemorySegment.copy(tensor.data(), 0, MemorySegment.ofBuffer(buffer), 0, bytes);
    try {
      return OnnxTensor.createTensor(
          OrtEnvironment.getEnvironment(), buffer, tensor.shape().dims(), javaType(tensor.dtype()));
    } catch (OrtException failure) {
      throw OrtPeer.failed(failure, "tensor " + tensor);
    }
  }

  static Tensor copy(OnnxTensor tensor) {
    TensorInfo info = tensor.getInfo();
    Tensor result = Tensor.zeros(dtype(info), Shape.of(info.getShape()));
    MemorySegment bytes = MemorySegment.ofBuffer(Objects.requireNonNull(tensor.getByteBuffer()));
    MemorySegment.copy(bytes, 0, result.data(), 0, result.data().byteSize());
    return result;
  }

  static DType dtype(TensorInfo info) {
    return switch (info.type) {
      case FLOAT -> DType.FLOAT32;
      case DOUBLE -> DType.FLOAT64;
      case FLOAT16 -> DType.FLOAT16;
      case BFLOAT16 -> DType.BFLOAT16;
      case INT8 -> DType.INT8;
      case UINT8 -> DType.UINT8;
      case INT16 -> DType.INT16;
      case INT32 -> DType.INT32;
      case INT64 -> DType.INT64;
      case BOOL -> DType.BOOL;
      default -> throw unsupported(info.type.toString());
    };
  }

  private static OnnxJavaType javaType(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> OnnxJavaType.FLOAT;
      case FLOAT64 -> OnnxJavaType.DOUBLE;
      case FLOAT16 -> OnnxJavaType.FLOAT16;
      case BFLOAT16 -> OnnxJavaType.BFLOAT16;
      case INT8 -> OnnxJavaType.INT8;
      case UINT8 -> OnnxJavaType.UINT8;
      case INT16 -> OnnxJavaType.INT16;
      case INT32 -> OnnxJavaType.INT32;
      case INT64 -> OnnxJavaType.INT64;
      case BOOL -> OnnxJavaType.BOOL;
      default -> throw unsupported(dtype.toString());
    };
  }

  private static UnsupportedException unsupported(String type) {
    return new UnsupportedException(
        new Problem("no tensors of type " + type + " are exchanged", "ONNX Runtime peer", "", ""));
  }
}
