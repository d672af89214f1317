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
   * @throws dev.lathe.error.InvalidDataException when it is no little-endian array, or its length
   *     does not fit its shape
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
      return header.columnMajor() ? rowMajor(tensor) : tensor;
    } catch (EOFException e) {
      throw DataErrors.damaged("the file ends early", where, "");
    }
  }

  /** The array whose first axis runs fastest in {@code columns}, in row-major order. */
  private static Tensor rowMajor(Tensor columns) {
    Tensor rows = Tensor.zeros(columns.dtype(), columns.shape());
    long[] dims = columns.shape().dims();
    long[] index = new long[dims.length];
    long bytes = columns.dtype().bits() / 8;
    for (long to = 0; to < columns.elements(); to++) {
      long from = 0;
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        from = from * dims[axis] + index[axis];
      }
      MemorySegment.copy(columns.data(), from * bytes, rows.data(), to * bytes, bytes);
      for (int axis = dims.length - 1; axis >= 0 && ++index[axis] == dims[axis]; axis--) {
        index[axis] = 0;
      }
    }
    return rows;
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
                  tensor.dtype(),
                  java.util.Arrays.stream(tensor.shape().dims()).boxed().toList(),
                  false)
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
