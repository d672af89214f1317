package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/** An array inside an {@code .npz} archive, read one first-axis entry at a time. */
final class NpyStream implements AutoCloseable {

  private final String where;
  private final DataInputStream in;
  private final NpyHeader header;
  private final int values;
  private long position;

  private NpyStream(String where, DataInputStream in, NpyHeader header) {
    this.where = where;
    this.in = in;
    this.header = header;
    List<Long> dims = header.dims();
    if (dims.isEmpty()) {
      throw DataErrors.damaged("the array is a scalar", where, "its first axis counts the samples");
    }
    this.values = DataErrors.sampleValues(where, dims.subList(1, dims.size()));
  }

  /** Opens array {@code name}, or returns null when the archive doesn't have it. */
  static @Nullable NpyStream open(ZipFile archive, String name) throws IOException {
    ZipEntry entry = archive.getEntry(name + ".npy");
    if (entry == null) {
      return null;
    }
    String where = archive.getName() + ", array '" + name + "'";
    DataInputStream in =
        new DataInputStream(new BufferedInputStream(archive.getInputStream(entry), 1 << 16));
    try {
      NpyHeader header = NpyHeader.read(in, where);
      if (header.columnMajor()) {
        throw new InvalidDataException(
            new Problem(
                "the array is in column-major order",
                where,
                "its samples do not lie one after the other",
                "save it with numpy.ascontiguousarray"));
      }
      return new NpyStream(where, in, header);
    } catch (EOFException e) {
      in.close();
      throw DataErrors.damaged("the array ends within its head", where, "");
    } catch (RuntimeException e) {
      in.close();
      throw e;
    }
  }

  DType dtype() {
    return header.dtype();
  }

  List<Long> dims() {
    return header.dims();
  }

  long count() {
    return header.dims().getFirst();
  }

  String where() {
    return where;
  }

  /** The next entry as a tensor of one dimension, or null after the last. */
  @Nullable Tensor next() {
    if (position == count()) {
      return null;
    }
    byte[] bytes = new byte[values * (dtype().bits() / 8)];
    try {
      in.readFully(bytes);
    } catch (EOFException e) {
      throw DataErrors.damaged(
          "the array ends within sample " + position + " of " + count(), where, "");
    } catch (IOException e) {
      throw DataErrors.unreadable(where + ", sample " + position, e);
    }
    position++;
    return new Tensor(dtype(), dev.lathe.tensor.Shape.of(values), MemorySegment.ofArray(bytes));
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw DataErrors.unreadable(where, e);
    }
  }
}
