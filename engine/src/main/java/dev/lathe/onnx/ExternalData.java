package dev.lathe.onnx;

import dev.lathe.error.FileReason;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import dev.lathe.onnx.proto.StringStringEntryProto;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tensor contents in files beside the model, mapped into memory. Never reads outside the model's
 * folder.
 */
final class ExternalData implements OutsideContents {

  private static final String REMEDY =
      "put the data file into the model's folder, or export the model again";

  private final @Nullable Path folder;
  private final Map<String, MemorySegment> files = new HashMap<>();

  /**
   * @param folder of the model; null when it was read from a stream
   */
  ExternalData(@Nullable Path folder) {
    this.folder = folder;
  }

  @Override
  public MemorySegment read(List<StringStringEntryProto> entries, long size, String place) {
    Map<String, String> keys = new HashMap<>();
    entries.forEach(entry -> keys.put(entry.getKey(), entry.getValue()));
    String location = keys.getOrDefault("location", "");
    long offset = number(keys, "offset", 0, place);
    long length = number(keys, "length", size, place);
    if (length != size) {
      throw invalid(
          "external data of " + length + " bytes", place, "the shape asks for " + size, null);
    }
    MemorySegment file = files.get(location);
    if (file == null) {
      file = map(location, place);
      files.put(location, file);
    }
    if (offset > file.byteSize() || length > file.byteSize() - offset) {
      throw invalid(
          "external data ends at byte " + Long.toUnsignedString(offset + length),
          place + ", file '" + location + "'",
          "the file has " + file.byteSize() + " bytes",
          null);
    }
    return file.asSlice(offset, length);
  }

  private static long number(Map<String, String> keys, String key, long fallback, String place) {
    String text = keys.get(key);
    if (text == null) {
      return fallback;
    }
    try {
      long value = Long.parseLong(text.strip());
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw invalid("external data " + key + " '" + text + "' is no number", place, "", e);
    }
    throw invalid("external data " + key + " " + text + " is negative", place, "", null);
  }

  private MemorySegment map(String location, String place) {
    Path file = locate(location, place);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
    } catch (IOException e) {
      throw invalid(
          "external data file '" + location + "' can't be read", place, FileReason.of(e), e);
    }
  }

  private Path locate(String location, String place) {
    if (folder == null) {
      throw invalid(
          "the tensor's data is in the file '" + location + "'",
          place,
          "a model read from a stream has no folder to find it in",
          null);
    }
    if (location.isEmpty()) {
      throw invalid("external data without a location", place, "", null);
    }
    try {
      Path relative = Path.of(location);
      Path file = folder.resolve(relative).normalize();
      if (relative.isAbsolute() || location.startsWith("/") || !file.startsWith(folder)) {
        throw outside(location, place);
      }
      if (!Files.isRegularFile(file)) {
        throw invalid(
            "external data file '" + location + "' is missing", place, "looked for " + file, null);
      }
      Path real = file.toRealPath();
      if (!real.startsWith(folder.toRealPath())) {
        throw outside(location, place);
      }
      return real;
    } catch (InvalidPathException | IOException e) {
      throw invalid(
          "external data location '" + location + "' is no usable path",
          place,
          FileReason.of(e),
          e);
    }
  }

  private static InvalidModelException outside(String location, String place) {
    return invalid(
        "external data location '" + location + "' leads out of the model's folder",
        place,
        "models may only read files beside themselves, links followed",
        null);
  }

  private static InvalidModelException invalid(
      String what, String place, String why, @Nullable Throwable cause) {
    return new InvalidModelException(new Problem(what, place, why, REMEDY), cause);
  }
}
