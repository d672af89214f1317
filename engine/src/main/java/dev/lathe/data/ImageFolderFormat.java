package dev.lathe.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A folder of images without labels, in the order of their names: enough to calibrate with. */
final class ImageFolderFormat implements DataFormat {

  @Override
  public String description() {
    return "a folder of images, without labels";
  }

  @Override
  public boolean accepts(Path path) throws IOException {
    return Files.isDirectory(path) && !images(path).isEmpty();
  }

  @Override
  public Dataset open(Path path, Datasets.Split split) throws IOException {
    return new ImageFiles(path.toString(), images(path));
  }

  private static List<ImageFiles.Entry> images(Path folder) throws IOException {
    return ImageFiles.in(folder, Sample.NO_LABEL);
  }
}
