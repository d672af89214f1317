package dev.lathe.file;

import dev.lathe.compact.CompactReader;
import dev.lathe.error.FileReason;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.onnx.Overwrite;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model for engines that read ONNX only: its file, or a copy that is gone when this is closed.
 */
public final class OnnxView implements AutoCloseable {

  private final Path file;
  private final @Nullable Path folder;

  private OnnxView(Path file, @Nullable Path folder) {
    this.file = file;
    this.folder = folder;
  }

  public static OnnxView of(Path model) {
    MemorySegment bytes = OnnxReader.map(model);
    if (!CompactReader.isCompact(bytes)) {
      return new OnnxView(model, null);
    }
    try {
      Path folder = Files.createTempDirectory("lathe");
      OnnxView view = new OnnxView(folder.resolve("model.onnx"), folder);
      OnnxWriter.write(ModelFiles.read(model), view.file, Overwrite.FAIL);
      return view;
    } catch (IOException e) {
      throw failed("can't make a temporary ONNX file of it", model, e);
    }
  }

  public Path file() {
    return file;
  }

  @Override
  public void close() {
    if (folder == null) {
      return;
    }
    try {
      Files.deleteIfExists(file);
      Files.delete(folder);
    } catch (IOException e) {
      throw failed("can't delete a temporary file", file, e);
    }
  }

  private static UsageException failed(String what, Path where, IOException why) {
    return new UsageException(
        new Problem(
            what, where.toString(), FileReason.of(why), "check the folder for temporary files"),
        why);
  }
}
