package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a sample before the model sees it: fit to size, match the channels, then {@code
 * (value * scale - mean[channel]) / std[channel]}.
 *
 * @param mean one value, or one per channel, in scaled units
 * @param std likewise; never zero
 * @param size height and width the model sees where it leaves them open, or null
 * @param resize height and width the image is scaled to cover before the centre is cut out, or null
 *     for the target itself
 * @param layout the model's layout where its declaration doesn't tell, or null
 * @param color what the model wants of pictures; null for red first, in the channels there are
 */
public record Preprocess(
    double scale,
    List<Double> mean,
    List<Double> std,
    @Nullable Size size,
    @Nullable Size resize,
    @Nullable Layout layout,
    @Nullable Color color) {

  public Preprocess {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
  }

  /** An image's extent. */
  public record Size(int height, int width) {
    @Override
    public String toString() {
      return height + "x" + width;
    }
  }

  /** Channels, in order. */
  public enum Color {
    RGB,
    BGR,
    GREY
  }

  /** Where channels go. */
  public enum Layout {
    NCHW,
    NHWC
  }

  /** Key of the model metadata that holds a model's own preprocessing. */
  public static final String METADATA_KEY = "lathe.preprocess";

  /** Values as they are in the file. */
  public static final Preprocess NONE =
      new Preprocess(1, List.of(0.0), List.of(1.0), null, null, null, null);

  /**
   * Parses a name or a specification; see {@link PreprocessParser} for the grammar.
   *
   * @throws dev.lathe.error.UsageException saying what is wrong and what is known
   */
  public static Preprocess parse(String text) {
    return PreprocessParser.parse(text);
  }

  /** The preprocessing the user asked for, else the model's own, else {@link #NONE}. */
  public static Preprocess choose(@Nullable String option, Map<String, String> metadata) {
    if (option != null) {
      return parse(option);
    }
    String own = metadata.get(METADATA_KEY);
    return own == null ? NONE : parse(own);
  }

  int heightOr(int otherwise) {
    return size == null ? otherwise : size.height();
  }

  int widthOr(int otherwise) {
    return size == null ? otherwise : size.width();
  }

  /**
   * Writes one sample as the model wants it.
   *
   * @param at index of the first value in {@code dst}
   * @throws InvalidDataException when the sample can't be made to fit
   */
  public void apply(Sample sample, InputSpec spec, float[] dst, int at) {
    Pixels pixels = sample.pixels();
    if (!spec.image()) {
      if (pixels.values().length != spec.width()) {
        throw mismatch(sample, "the model takes vectors of " + spec.width() + " values");
      }
      for (int i = 0; i < spec.width(); i++) {
        dst[at + i] = normalize(pixels.values()[i], 0);
      }
      return;
    }
    pixels = fit(pixels, spec);
    int area = spec.height() * spec.width();
    for (int channel = 0; channel < spec.channels(); channel++) {
      int source = color == Color.BGR && spec.channels() == 3 ? 2 - channel : channel;
      for (int i = 0; i < area; i++) {
        int to = spec.planes() ? channel * area + i : i * spec.channels() + channel;
        dst[at + to] = normalize(channel(sample, pixels, i, source, spec), channel);
      }
    }
  }

  private float normalize(float value, int channel) {
    double shift = mean.get(mean.size() == 1 ? 0 : channel);
    double divisor = std.get(std.size() == 1 ? 0 : channel);
    return (float) ((value * scale - shift) / divisor);
  }

  private Pixels fit(Pixels pixels, InputSpec spec) {
    boolean fits = pixels.height() == spec.height() && pixels.width() == spec.width();
    if (fits) {
      return pixels;
    }
    Size cover = resize == null ? new Size(spec.height(), spec.width()) : resize;
    return ImageScaler.fit(
        pixels,
        Math.max(cover.height(), spec.height()),
        Math.max(cover.width(), spec.width()),
        spec.height(),
        spec.width());
  }

  /** Value of one pixel in the model's channel: grey is repeated, colour is weighed to grey. */
  private static float channel(
      Sample sample, Pixels pixels, int pixel, int channel, InputSpec spec) {
    float[] values = pixels.values();
    int has = pixels.channels();
    int at = pixel * has;
    if (has == spec.channels() || (has == 4 && spec.channels() == 3)) {
      return values[at + channel];
    }
    if (has == 1) {
      return values[at];
    }
    if (spec.channels() == 1) {
      // Luma of ITU-R BT.601, as grey-scale conversions of image libraries use.
      return 0.299f * values[at] + 0.587f * values[at + 1] + 0.114f * values[at + 2];
    }
    throw mismatch(sample, "the model takes " + spec.channels() + " channels");
  }

  /**
   * Checks that samples of one shape have the model's, unless a conversion was asked for.
   *
   * @throws InvalidDataException when they have not
   */
  void requireShape(Sample first, InputSpec spec) {
    Pixels pixels = first.pixels();
    if (spec.image() && color == null && pixels.channels() != spec.channels()) {
      throw mismatch(
          first,
          "the model takes " + spec.channels() + " channels",
          "use data the model was made for, or add color="
              + (spec.channels() == 1 ? "grey" : "rgb")
              + " to --preprocess to have it converted");
    }
    boolean fits = pixels.height() == spec.height() && pixels.width() == spec.width();
    if (spec.image() && size == null && resize == null && !fits) {
      Size wanted = new Size(spec.height(), spec.width());
      throw mismatch(
          first,
          "the model takes " + wanted,
          "use data the model was made for, or add resize="
              + wanted
              + " to --preprocess to have it scaled");
    }
  }

  private static InvalidDataException mismatch(Sample sample, String why) {
    return mismatch(sample, why, "use data the model was made for");
  }

  private static InvalidDataException mismatch(Sample sample, String why, String remedy) {
    return new InvalidDataException(
        new Problem(
            "a sample of " + sample.pixels() + " doesn't fit the model",
            sample.where(),
            why,
            remedy));
  }

  /** The specification in full; {@link #parse} reads it back. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("scale=").append(scale);
    text.append(";mean=").append(list(mean)).append(";std=").append(list(std));
    if (size != null) {
      text.append(";size=").append(size);
    }
    if (resize != null) {
      text.append(";resize=").append(resize.height()).append('x').append(resize.width());
    }
    if (layout != null) {
      text.append(";layout=").append(layout.name().toLowerCase(java.util.Locale.ROOT));
    }
    if (color != null) {
      text.append(";color=").append(color.name().toLowerCase(java.util.Locale.ROOT));
    }
    return text.toString();
  }

  private static String list(List<Double> values) {
    return values.stream().map(String::valueOf).collect(Collectors.joining(","));
  }
}
