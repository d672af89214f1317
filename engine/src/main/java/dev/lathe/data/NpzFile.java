package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.tensor.Tensor;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** All arrays of a NumPy archive, as whole tensors. */
public final class NpzFile {

  private static final String SUFFIX = ".npy";

  private NpzFile() {}

  /**
   * Reads every array, by its name in the archive.
   *
   * @throws InvalidDataException when it is no archive, holds no array or is damaged
   */
  public static Map<String, Tensor> read(Path path) {
    Map<String, Tensor> arrays = new LinkedHashMap<>();
    try (ZipFile archive = new ZipFile(path.toFile())) {
      for (ZipEntry entry : archive.stream().filter(e -> e.getName().endsWith(SUFFIX)).toList()) {
        String name = entry.getName().substring(0, entry.getName().length() - SUFFIX.length());
        try (DataInputStream in =
            new DataInputStream(new BufferedInputStream(archive.getInputStream(entry)))) {
          arrays.put(name, NpyFile.read(in, entry.getSize(), path + ", array '" + name + "'"));
        }
      }
    } catch (IOException e) {
      throw DataErrors.unreadable(path.toString(), e);
    }
    if (arrays.isEmpty()) {
      throw new InvalidDataException(
          new Problem(
              "the archive has no arrays",
              path.toString(),
              "",
              "save it with numpy.savez(file, name=array)"));
    }
    return arrays;
  }
}
