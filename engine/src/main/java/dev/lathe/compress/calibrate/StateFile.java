package dev.lathe.compress.calibrate;

import dev.lathe.error.FileReason;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.onnx.AtomicFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * A calibration state on disk: a magic word, the digest of the network that was observed, and the
 * state, in one gzip stream, whose checksum finds damage.
 */
final class StateFile {

  private static final int MAGIC = 0x4c_43_53_31; // LCS1

  private StateFile() {}

  /** Writes a state, whole or not at all. */
  static void write(Path file, String network, CalibrationState state) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (DataOutputStream out = new DataOutputStream(new GZIPOutputStream(bytes))) {
        out.writeInt(MAGIC);
        out.writeUTF(network);
        state.write(out);
      }
      AtomicFile.write(file, sink -> sink.accept(MemorySegment.ofArray(bytes.toByteArray())));
    } catch (IOException e) {
      throw new InvalidDataException(
          new Problem("can't write the calibration state", file.toString(), FileReason.of(e), ""),
          e);
    }
  }

  /**
   * Reads a state.
   *
   * @throws InvalidDataException when the file is none or is damaged
   * @throws UsageException when it is of another network
   */
  static CalibrationState read(Path file, String network) {
    try {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(content(file)));
      if (in.readInt() != MAGIC) {
        throw new IOException("another kind of file");
      }
      if (!in.readUTF().equals(network)) {
        throw new UsageException(
            new Problem(
                "the calibration state is of another model",
                file.toString(),
                "its graph or its weights are not those of this model",
                "name another state file"));
      }
      CalibrationState state = CalibrationState.read(in);
      if (in.read() >= 0) {
        throw new IOException("bytes after its end");
      }
      return state;
    } catch (IOException | IllegalArgumentException | ArithmeticException e) {
      throw new InvalidDataException(
          new Problem(
              "no readable calibration state",
              file.toString(),
              FileReason.of(e),
              "name another state file"),
          e);
    }
  }

  /** All of it first: only its end says whether it is whole. */
  private static byte[] content(Path file) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(file), 1 << 16)) {
      return in.readAllBytes();
    }
  }
}
