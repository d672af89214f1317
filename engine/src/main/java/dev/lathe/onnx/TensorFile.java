package dev.lathe.onnx;

import dev.lathe.error.FileReason;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads a serialized {@code TensorProto} in a file of its own, as ONNX's test cases keep them. */
public final class TensorFile {

  /**
   * What a file holds.
   *
   * @param name of the value the tensor is for; may be empty
   */
  public record Named(String name, Tensor tensor) {}

  private TensorFile() {}

  /**
   * Reads a file.
   *
   * @throws InvalidDataException when it cannot be read
   * @throws dev.lathe.error.InvalidModelException when it is damaged
   * @throws UnsupportedException for strings and unknown element types
   */
  public static Named read(Path file) {
    MemorySegment bytes;
    try {
      bytes = MemorySegment.ofArray(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new InvalidDataException(
          new Problem("can't read a tensor", file.toString(), FileReason.of(e), "check the path"),
          e);
    }
    Wire wire = Wire.ofFile(bytes, new Budget(), "tensor file " + file);
    TensorOrigin origin =
        new TensorDecoder(new ExternalData(file.toAbsolutePath().getParent())).decode(wire);
    Tensor tensor = origin.tensor();
    if (tensor == null) {
      throw new UnsupportedException(Problem.of("tensors of strings", file.toString()));
    }
    return new Named(origin.name(), tensor);
  }
}
