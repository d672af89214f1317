package dev.lathe.data;

/**
 * Resizes images by separable linear interpolation; when shrinking, the triangle filter widens with
 * the factor, so that every source pixel counts.
 */
final class ImageScaler {

  private ImageScaler() {}

  /**
   * Scales the image, keeping its aspect, until it just covers {@code resize} (which is at least
   * the target), then cuts the target out of its centre.
   */
  static Pixels fit(Pixels image, int resizeHeight, int resizeWidth, int height, int width) {
    double factor =
        Math.max((double) resizeHeight / image.height(), (double) resizeWidth / image.width());
    int scaledHeight = Math.max(height, (int) Math.round(image.height() * factor));
    int scaledWidth = Math.max(width, (int) Math.round(image.width() * factor));
    int top = (scaledHeight - height) / 2;
    int left = (scaledWidth - width) / 2;

    // Only the rows and columns that survive the cut are computed.
    Pixels wide = columns(image, scaledWidth, left, width);
    return rows(wide, scaledHeight, top, height);
  }

  private static Pixels columns(Pixels image, int scaled, int from, int count) {
    int channels = image.channels();
    float[] values = new float[image.height() * count * channels];
    for (int x = 0; x < count; x++) {
      Taps taps = Taps.of(image.width(), scaled, from + x);
      for (int y = 0; y < image.height(); y++) {
        for (int channel = 0; channel < channels; channel++) {
          int source = (y * image.width() + taps.first) * channels + channel;
          values[(y * count + x) * channels + channel] = taps.sum(image.values(), source, channels);
        }
      }
    }
    return new Pixels(values, image.height(), count, channels);
  }

  private static Pixels rows(Pixels image, int scaled, int from, int count) {
    int rowValues = image.width() * image.channels();
    float[] values = new float[count * rowValues];
    for (int y = 0; y < count; y++) {
      Taps taps = Taps.of(image.height(), scaled, from + y);
      for (int at = 0; at < rowValues; at++) {
        values[y * rowValues + at] =
            taps.sum(image.values(), taps.first * rowValues + at, rowValues);
      }
    }
    return new Pixels(values, count, image.width(), image.channels());
  }

  /** Source positions {@code first..} and their weights, which sum to 1. */
  @SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
  private record Taps(int first, float[] weights) {

    static Taps of(int source, int scaled, int position) {
      double step = (double) source / scaled;
      double support = Math.max(1, step);
      double center = (position + 0.5) * step;
      int first = Math.max(0, (int) Math.floor(center - support + 0.5));
      int end = Math.min(source, (int) Math.ceil(center + support - 0.5));
      double[] weights = new double[end - first];
      double total = 0;
      for (int i = 0; i < weights.length; i++) {
        weights[i] = Math.max(0, 1 - Math.abs(first + i + 0.5 - center) / support);
        total += weights[i];
      }
      float[] normalized = new float[weights.length];
      for (int i = 0; i < weights.length; i++) {
        normalized[i] = (float) (weights[i] / total);
      }
      return new Taps(first, normalized);
    }

    float sum(float[] values, int at, int stride) {
      float sum = 0;
      for (int i = 0; i < weights.length; i++) {
        sum += weights[i] * values[at + i * stride];
      }
      return sum;
    }
  }
}
