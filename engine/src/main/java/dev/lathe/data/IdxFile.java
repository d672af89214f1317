package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** An IDX file read front to back, gzipped or not. Memory does not depend on what it claims. */
final class IdxFile implements AutoCloseable {

  private static final int GZIP_MAGIC = 0x1f8b;

  private final Path path;
  private final DataInputStream in;
  private final IdxHeader header;
  private final int sampleValues;
  private long position;

  private IdxFile(Path path, DataInputStream in, IdxHeader header) {
    this.path = path;
    this.in = in;
    this.header = header;
    this.sampleValues = header.sampleValues(path);
  }

  /**
   * Opens the file and checks its head, and its length when it is not compressed.
   *
   * @throws InvalidDataException when they are wrong
   */
  static IdxFile open(Path path) {
    try {
      boolean compressed = isGzip(path);
      InputStream raw = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
      try {
        InputStream plain =
            compressed ? new BufferedInputStream(new GZIPInputStream(raw, 1 << 14)) : raw;
        DataInputStream in = new DataInputStream(plain);
        IdxFile file = new IdxFile(path, in, IdxHeader.read(in, path));
        if (!compressed) {
          file.checkLength(Files.size(path));
        }
        return file;
      } catch (IOException | RuntimeException e) {
        raw.close();
        throw e;
      }
    } catch (EOFException e) {
      throw DataErrors.damaged("the file ends within its IDX header", path.toString(), "");
    } catch (IOException e) {
      throw DataErrors.unreadable(path.toString(), e);
    }
  }

  private static boolean isGzip(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] head = in.readNBytes(2);
      return head.length == 2 && ((head[0] & 0xff) << 8 | (head[1] & 0xff)) == GZIP_MAGIC;
    }
  }

  private void checkLength(long actual) {
    long expected = header.headerBytes() + header.count() * sampleValues;
    if (actual != expected) {
      throw DataErrors.damaged(
          "the file has " + actual + " bytes, its header says " + expected,
          path.toString(),
          header.count() + " samples of " + sampleValues + " bytes are announced");
    }
  }

  IdxHeader header() {
    return header;
  }

  Path path() {
    return path;
  }

  /** The bytes of the next sample, or null at the announced end. */
  byte @org.jspecify.annotations.Nullable [] next() {
    try {
      if (position == header.count()) {
        if (in.read() >= 0) {
          throw DataErrors.damaged(
              "data goes on after the last of " + header.count() + " samples",
              path.toString(),
              "the header announces fewer samples than there are");
        }
        return null;
      }
      byte[] bytes = in.readNBytes(sampleValues);
      if (bytes.length < sampleValues) {
        throw DataErrors.damaged(
            "the file ends within sample " + position + " of " + header.count(),
            path.toString(),
            "each sample has " + sampleValues + " bytes, this one " + bytes.length);
      }
      position++;
      return bytes;
    } catch (IOException e) {
      throw DataErrors.unreadable(path + ", sample " + position, e);
    }
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw DataErrors.unreadable(path.toString(), e);
    }
  }
}
