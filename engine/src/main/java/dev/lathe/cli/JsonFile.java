package dev.lathe.cli;

import dev.lathe.error.FileReason;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/** Writes results as JSON: maps, lists, strings, numbers and booleans. */
final class JsonFile {

  private JsonFile() {}

  /** Writes a document if a file was asked for. */
  static void write(CommonOptions options, Map<String, ?> document) {
    @Nullable Path file = options.json;
    if (file != null) {
      write(file, document, options.force);
    }
  }

  /** Writes a document to a file. */
  static void write(Path file, Map<String, ?> document, boolean force) {
    try {
      byte[] text =
          JSON.std
              .with(JSON.Feature.PRETTY_PRINT_OUTPUT)
              .with(JSON.Feature.WRITE_NULL_PROPERTIES)
              .asBytes(document);
      OutputFile.write(file, text, force);
    } catch (JacksonException | IOException failure) {
      throw new InvalidDataException(
          new Problem("cannot write JSON", file.toString(), FileReason.of(failure), ""), failure);
    }
  }
}
