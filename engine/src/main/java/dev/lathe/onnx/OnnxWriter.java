package dev.lathe.onnx;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Network;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Writes networks as ONNX. What a network read by {@link OnnxReader} still has of its file is
 * written with the bytes it was read from, unknown fields included; an untouched network gives the
 * same file. The same network always gives the same bytes.
 *
 * <p>Files appear whole or not at all: they are written beside their place, forced to the disk and
 * then renamed. With external data, the data file is put in place before the model that refers to
 * it. A network may be written over the files it was read from.
 */
public final class OnnxWriter {

  /**
   * Models up to this size are written as one file; it leaves room below the 2 GiB limit of
   * Protobuf.
   */
  private static final long MAX_SINGLE_FILE = Integer.MAX_VALUE - (16L << 20);

  private OnnxWriter() {}

  /** Writes with {@link Storage#AUTOMATIC}. */
  public static void write(Network network, Path file, Overwrite overwrite) {
    write(network, file, overwrite, Storage.AUTOMATIC);
  }

  /**
   * Writes a file, and its data file if there is one.
   *
   * @throws dev.lathe.error.UsageException when a file exists and may not be replaced, or can't be
   *     written
   * @throws UnsupportedException when the model exceeds 2 GiB without its initializers
   */
  public static void write(Network network, Path file, Overwrite overwrite, Storage storage) {
    Path dataFile = file.resolveSibling(file.getFileName() + ".data");
    WireMessage model = new Encoder(null).model(network);
    if (storage == Storage.AUTOMATIC && model.size() <= MAX_SINGLE_FILE) {
      AtomicFile.write(file, overwrite, model::forEach);
      return;
    }
    ExternalLayout external = new ExternalLayout(dataFile.getFileName().toString());
    model = new Encoder(external).model(network);
    if (model.size() > MAX_SINGLE_FILE) {
      throw new UnsupportedException(
          new Problem(
              "the model needs " + model.size() + " bytes without its initializers",
              file.toString(),
              "no ONNX file may exceed 2 GiB, and only initializers can be put beside it",
              "turn large Constant nodes into initializers"));
    }
    AtomicFile.requireFree(file, overwrite);
    if (!external.isEmpty()) {
      AtomicFile.write(dataFile, overwrite, external::forEach);
    }
    AtomicFile.write(file, overwrite, model::forEach);
  }

  /** The bytes of a model with all tensors inside; for small models. */
  public static byte[] toBytes(Network network) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Encoder(null)
        .model(network)
        .forEach(slice -> bytes.writeBytes(slice.toArray(ValueLayout.JAVA_BYTE)));
    return bytes.toByteArray();
  }

  /**
   * Hands out the bytes of a model whose larger initializers are kept elsewhere. {@link
   * OnnxReader#read(MemorySegment, String, TensorSource, Consumer)} gives the same network back:
   * written again, it has the same bytes.
   */
  public static void detached(Network network, TensorSink contents, Consumer<MemorySegment> model) {
    new Encoder(new DetachedContents.Place(contents)).model(network).forEach(model);
  }

  /** Hands out the bytes of a model with all tensors inside, slice by slice. */
  public static void forEach(Network network, Consumer<MemorySegment> sink) {
    new Encoder(null).model(network).forEach(sink);
  }

  /** Bytes of the model as one file, whatever its size. */
  public static long size(Network network) {
    return new Encoder(null).model(network).size();
  }
}
