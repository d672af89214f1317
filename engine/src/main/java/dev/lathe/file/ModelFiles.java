package dev.lathe.file;

import dev.lathe.compact.CompactReader;
import dev.lathe.compact.CompactWriter;
import dev.lathe.compact.Compactness;
import dev.lathe.error.Problem;
import dev.lathe.graph.Network;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.onnx.Overwrite;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Reads and writes networks in every format. */
public final class ModelFiles {

  /** How names of compact files end. */
  public static final String COMPACT = ".lathe";

  private ModelFiles() {}

  /** Reads a file; warnings go to the system logger. */
  public static Network read(Path file) {
    return read(file, OnnxReader::log);
  }

  /**
   * Reads a compact file or an ONNX file and the external data beside it. It stays mapped, so it
   * must not be changed in place while the network is in use; replacing it is fine.
   *
   * @throws dev.lathe.error.InvalidModelException when it is unreadable, truncated, altered or
   *     inconsistent
   */
  public static Network read(Path file, Consumer<Problem> warnings) {
    MemorySegment bytes = OnnxReader.map(file);
    return CompactReader.isCompact(bytes)
        ? CompactReader.read(bytes, file.toString(), warnings)
        : OnnxReader.read(
            bytes, file.toString(), file.toAbsolutePath().normalize().getParent(), warnings);
  }

  /** Writes a file, compact ones as small as they get. */
  public static void write(Network network, Path file, Overwrite overwrite) {
    write(network, file, overwrite, Compactness.SMALL);
  }

  /**
   * Writes a compact file where the name ends in {@value #COMPACT}, else ONNX; whole or not at all.
   *
   * @throws dev.lathe.error.UsageException when it exists and may not be replaced, or can't be
   *     written
   */
  public static void write(
      Network network, Path file, Overwrite overwrite, Compactness compactness) {
    if (isCompact(file)) {
      CompactWriter.write(network, file, overwrite, compactness);
    } else {
      OnnxWriter.write(network, file, overwrite);
    }
  }

  /** Whether a file of this name is written compact. */
  public static boolean isCompact(Path file) {
    return file.getFileName().toString().endsWith(COMPACT);
  }
}
