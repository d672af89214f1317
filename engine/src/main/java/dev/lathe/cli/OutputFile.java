package dev.lathe.cli;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Small result files: whole or not at all, and never over an existing one unless asked to. */
final class OutputFile {

  /** Writes a file's contents. */
  interface Contents {
    void writeTo(Path file) throws IOException;
  }

  private OutputFile() {}

  /** Fails early, before long work, when a file can't or must not be written. */
  static void check(Path file, boolean force) {
    if (Files.isDirectory(file)) {
      throw new UsageException(
          new Problem("this is a folder", file.toString(), "a file is written", "give its name"));
    }
    if (Files.exists(file) && !force) {
      throw new UsageException(
          new Problem("file exists", file.toString(), "", "choose another name or give --force"));
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      throw new UsageException(
          new Problem("folder does not exist", folder.toString(), "", "create it first"));
    }
    if (folder != null && !Files.isWritable(folder)) {
      throw new UsageException(
          new Problem(
              "the folder can't be written to",
              folder.toString(),
              "a file appears in it whole or not at all, so it must take new files",
              "change its permissions, or choose another one"));
    }
  }

  static void write(Path file, byte[] contents, boolean force) throws IOException {
    write(file, temporary -> Files.write(temporary, contents), force);
  }

  static void write(Path file, Contents contents, boolean force) throws IOException {
    check(file, force);
    // Not createTempFile, whose files only their owner may read.
    String name = "." + file.getFileName() + "." + Long.toHexString(System.nanoTime()) + ".tmp";
    Path temporary = file.toAbsolutePath().resolveSibling(name);
    try {
      contents.writeTo(temporary);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
