package dev.lathe.data;

import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whole tensors in NumPy's {@code .npy} form. */
public final class NpyFile {

  private static final int CHUNK = 1 << 16;

  private NpyFile() {}

  /**
   * Reads an array.
   *
   * @throws dev.lathe.error.InvalidDataException when it is no little-endian row-major array, or
   *     its length does not fit its shape
   */
  public static Tensor read(Path path) {
    String where = path.toString();
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(path), CHUNK))) {
      return read(in, Files.size(path), where);
    } catch (IOException e) {
      throw DataErrors.unreadable(where, e);
    }
  }

  /**
   * Reads an array from a stream.
   *
   * @param limit bytes the stream has at most; an array that claims more is refused
   */
  static Tensor read(DataInputStream in, long limit, String where) throws IOException {
    try {
      NpyHeader header = NpyHeader.read(in, where);
      Shape shape = Shape.of(header.dims().stream().mapToLong(Long::longValue).toArray());
      int elementBytes = header.dtype().bits() / 8;
      if (shape.elements() > limit / elementBytes) {
        throw DataErrors.damaged(
            "the file has " + limit + " bytes, its array " + shape + " needs more",
            where,
            "type " + header.dtype());
      }
      long bytes = shape.elements() * elementBytes;
      Tensor tensor = Tensor.zeros(header.dtype(), shape);
      byte[] chunk = new byte[CHUNK];
      for (long at = 0; at < bytes; ) {
        int count = (int) Math.min(CHUNK, bytes - at);
        in.readFully(chunk, 0, count);
        MemorySegment.copy(MemorySegment.ofArray(chunk), 0, tensor.data(), at, count);
        at += count;
      }
      return tensor;
    } catch (EOFException e) {
      throw DataErrors.damaged("the file ends early", where, "");
    }
  }

  /**
   * Writes a tensor.
   *
   * @throws dev.lathe.error.UnsupportedException when NumPy has no such type
   */
  public static void write(Tensor tensor, Path path) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path), CHUNK)) {
      out.write(
          new NpyHeader(
                  tensor.dtype(), java.util.Arrays.stream(tensor.shape().dims()).boxed().toList())
              .encode());
      byte[] chunk = new byte[CHUNK];
      long bytes = tensor.data().byteSize();
      for (long at = 0; at < bytes; at += CHUNK) {
        int count = (int) Math.min(CHUNK, bytes - at);
        MemorySegment.copy(tensor.data(), at, MemorySegment.ofArray(chunk), 0, count);
        out.write(chunk, 0, count);
      }
    }
  }
}
