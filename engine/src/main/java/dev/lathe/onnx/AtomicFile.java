package dev.lathe.onnx;

import dev.lathe.error.FileReason;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/** A file that appears whole or not at all. */
public final class AtomicFile {

  private static final int BUFFER_BYTES = 1 << 20;

  /** What to write: hands slices to the sink, in order. */
  public interface Contents {
    void forEach(Consumer<MemorySegment> sink);
  }

  private final FileChannel channel;
  private final MemorySegment segment;
  private final ByteBuffer buffer;

  private AtomicFile(FileChannel channel, MemorySegment segment) {
    this.channel = channel;
    this.segment = segment;
    this.buffer = segment.asByteBuffer();
  }

  /**
   * Writes a file.
   *
   * @throws UsageException when it exists and may not be replaced, or can't be written
   */
  public static void write(Path file, Overwrite overwrite, Contents contents) {
    requireFree(file, overwrite);
    try {
      write(file, contents);
    } catch (IOException e) {
      throw new UsageException(
          new Problem(
              "can't write the file",
              file.toString(),
              FileReason.of(e),
              "check the folder, its permissions and the free space; nothing was changed"),
          e);
    }
  }

  /** Fails when a file exists and may not be replaced. */
  static void requireFree(Path file, Overwrite overwrite) {
    if (overwrite == Overwrite.FAIL && Files.exists(file)) {
      throw new UsageException(
          new Problem(
              "the file exists", file.toString(), "", "choose another name or allow overwriting"));
    }
  }

  /** Writes a new file beside {@code file}, forces it to the disk, and puts it in its place. */
  public static void write(Path file, Contents contents) throws IOException {
    Path temporary =
        file.resolveSibling(
            "." + file.getFileName() + "." + Long.toHexString(System.nanoTime()) + ".tmp");
    try {
      try (FileChannel channel =
              FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
          Arena arena = Arena.ofConfined()) {
        AtomicFile writer = new AtomicFile(channel, arena.allocate(BUFFER_BYTES));
        contents.forEach(writer::append);
        writer.flush();
        channel.force(true);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private void append(MemorySegment slice) {
    long at = 0;
    while (at < slice.byteSize()) {
      if (!buffer.hasRemaining()) {
        flush();
      }
      long count = Math.min(buffer.remaining(), slice.byteSize() - at);
      MemorySegment.copy(slice, at, segment, buffer.position(), count);
      buffer.position(buffer.position() + (int) count);
      at += count;
    }
  }

  private void flush() {
    buffer.flip();
    try {
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    buffer.clear();
  }
}
