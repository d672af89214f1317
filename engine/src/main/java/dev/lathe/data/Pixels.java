package dev.lathe.data;

/**
 * One image as float values in row-major order height, width, channel, in the units of its file
 * (0..255 for 8-bit images). A plain feature vector is one row of one channel.
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
public record Pixels(float[] values, int height, int width, int channels) {

  public Pixels {
    if ((long) height * width * channels != values.length) {
      throw new IllegalArgumentException(
          values.length + " values for " + height + "x" + width + "x" + channels);
    }
  }

  /** The same image from planes: channel, height, width. */
  static Pixels ofPlanes(float[] planes, int channels, int height, int width) {
    float[] values = new float[planes.length];
    int area = height * width;
    for (int channel = 0; channel < channels; channel++) {
      for (int at = 0; at < area; at++) {
        values[at * channels + channel] = planes[channel * area + at];
      }
    }
    return new Pixels(values, height, width, channels);
  }

  /** As in {@code 32x32x3}: height, width, channels. */
  @Override
  public String toString() {
    return height + "x" + width + "x" + channels;
  }
}
