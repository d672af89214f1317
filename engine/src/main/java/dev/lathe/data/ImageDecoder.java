package dev.lathe.data;

import dev.lathe.error.FileReason;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Decodes image files to grey or RGB values 0..255. */
public final class ImageDecoder {

  private static final long MAX_PIXELS = DataErrors.MAX_SAMPLE_VALUES / 3;
  private static final Set<String> SUFFIXES = Set.of("jpg", "jpeg", "png", "bmp", "gif");

  private ImageDecoder() {}

  /** Whether the name ends as an image's does. */
  static boolean isImage(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    return SUFFIXES.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  /**
   * Decodes an image: one channel when the file is grey, else red, green, blue. Transparency is
   * dropped.
   *
   * @throws InvalidDataException when it is no image, damaged, or announces absurd dimensions
   */
  public static Pixels decode(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidDataException(new Problem("no such image", file.toString(), "", ""));
    }
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw failure(file, "neither JPEG, PNG, BMP nor GIF", null);
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        long area = (long) reader.getWidth(0) * reader.getHeight(0);
        if (area > MAX_PIXELS) {
          throw failure(file, area + " pixels are announced, at most " + MAX_PIXELS, null);
        }
        return pixels(reader.read(0));
      } finally {
        reader.dispose();
      }
    } catch (InvalidDataException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Decoders report damage with exceptions of many kinds.
      throw failure(file, FileReason.of(e), e);
    }
  }

  private static InvalidDataException failure(
      Path file, String why, @org.jspecify.annotations.Nullable Exception cause) {
    return new InvalidDataException(
        new Problem("can't decode the image", file.toString(), why, "convert it to 8-bit RGB"),
        cause);
  }

  private static Pixels pixels(BufferedImage image) {
    int height = image.getHeight();
    int width = image.getWidth();
    Raster raster = image.getRaster();
    boolean grey = raster.getNumBands() <= 2 && !(image.getColorModel() instanceof IndexColorModel);
    if (grey) {
      // Raw samples: BufferedImage.getRGB would treat them as linear light and brighten them.
      float[] values = raster.getSamples(0, 0, width, height, 0, new float[height * width]);
      float scale = 255f / ((1 << raster.getSampleModel().getSampleSize(0)) - 1);
      for (int i = 0; i < values.length; i++) {
        values[i] *= scale;
      }
      return new Pixels(values, height, width, 1);
    }
    float[] values = new float[height * width * 3];
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int x = 0; x < width; x++) {
        int at = (y * width + x) * 3;
        values[at] = row[x] >> 16 & 0xff;
        values[at + 1] = row[x] >> 8 & 0xff;
        values[at + 2] = row[x] & 0xff;
      }
    }
    return new Pixels(values, height, width, 3);
  }
}
