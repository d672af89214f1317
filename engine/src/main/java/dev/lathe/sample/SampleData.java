package dev.lathe.sample;

import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The trained Fashion-MNIST network and its images, shipped inside the engine; made by {@code
 * engine/sample/make_sample.py}.
 */
public enum SampleData {
  MODEL("fashion-cnn.onnx"),
  EVALUATION_IMAGES("fashion-eval-2000-images-idx3-ubyte.gz"),
  EVALUATION_LABELS("fashion-eval-2000-labels-idx1-ubyte.gz"),
  CALIBRATION_IMAGES("fashion-calibration-512-images-idx3-ubyte.gz"),
  CALIBRATION_LABELS("fashion-calibration-512-labels-idx1-ubyte.gz");

  private final String fileName;

  SampleData(String fileName) {
    this.fileName = fileName;
  }

  public String fileName() {
    return fileName;
  }

  /** The file's bytes. */
  public byte[] bytes() {
    try (InputStream in = SampleData.class.getResourceAsStream(fileName)) {
      if (in == null) {
        throw new InternalException(
            Problem.of(
                "sample file " + fileName + " is not in the engine's jar", "dev/lathe/sample"));
      }
      return in.readAllBytes();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
