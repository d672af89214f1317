package dev.lathe.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;

/** Writes small data files for tests. */
final class DataFiles {

  private DataFiles() {}

  static byte[] idx(byte[] values, int... dims) {
    ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * dims.length + values.length);
    buffer.putInt(0x0800 | dims.length);
    for (int dim : dims) {
      buffer.putInt(dim);
    }
    return buffer.put(values).array();
  }

  static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  static byte[] npy(String descr, String shape, byte[] data) {
    String text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
    byte[] head = text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    ByteBuffer buffer = ByteBuffer.allocate(10 + head.length + data.length);
    buffer.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    buffer.put((byte) head.length).put((byte) (head.length >> 8));
    return buffer.put(head).put(data).array();
  }

  static Path npz(Path file, Map<String, byte[]> entries) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    }
    return file;
  }

  /** A PNG of one colour. */
  static Path png(Path file, int width, int height, int rgb) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int at = 0; at < width * height; at++) {
      image.setRGB(at % width, at / width, rgb);
    }
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  static List<Sample> readAll(Dataset dataset) {
    List<Sample> samples = new java.util.ArrayList<>();
    try (SampleReader reader = dataset.open()) {
      for (Sample sample = reader.next(); sample != null; sample = reader.next()) {
        samples.add(sample);
      }
    }
    return samples;
  }
}
