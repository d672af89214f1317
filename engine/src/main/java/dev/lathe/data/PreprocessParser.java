package dev.lathe.data;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code --preprocess}: a name of {@link #NAMED}, or settings separated by semicolons:
 *
 * <pre>
 * scale=1/255  mean=0.485,0.456,0.406  std=0.229,0.224,0.225  size=224 or 240x320 (height x width)
 * resize=256  layout=nchw|nhwc  color=rgb|bgr|grey
 * </pre>
 *
 * A name may come first and be amended: {@code imagenet;resize=256}.
 */
final class PreprocessParser {

  /** The names, and what they stand for. */
  static final Map<String, String> NAMED = new LinkedHashMap<>();

  static {
    NAMED.put("none", "scale=1");
    NAMED.put("mnist-raw", "scale=1");
    NAMED.put("unit", "scale=1/255");
    NAMED.put("imagenet", "scale=1/255;mean=0.485,0.456,0.406;std=0.229,0.224,0.225");
    NAMED.put("cifar10", "scale=1/255;mean=0.4914,0.4822,0.4465;std=0.2471,0.2435,0.2616");
    NAMED.put("symmetric", "mean=127.5;std=127.5");
    NAMED.put("ultraface", "mean=127;std=128");
  }

  private static final Set<String> KEYS =
      Set.of("scale", "mean", "std", "size", "resize", "layout", "color");
  private static final int MAX_SIZE = 1 << 13;

  private PreprocessParser() {}

  static Preprocess parse(String text) {
    Map<String, String> settings = new LinkedHashMap<>();
    boolean first = true;
    for (String part : text.strip().split(";", -1)) {
      String expanded = first ? NAMED.getOrDefault(part.strip(), part) : part;
      first = false;
      Set<String> seen = new HashSet<>();
      for (String setting : expanded.split(";", -1)) {
        int equals = setting.indexOf('=');
        String key = setting.substring(0, Math.max(0, equals)).strip();
        if (!KEYS.contains(key) || !seen.add(key)) {
          throw wrong(text, "'" + setting.strip() + "' is neither a name nor a known setting");
        }
        settings.put(key, setting.substring(equals + 1).strip().toLowerCase(Locale.ROOT));
      }
    }
    try {
      return new Preprocess(
          number(settings.getOrDefault("scale", "1")),
          numbers(settings.getOrDefault("mean", "0"), false),
          numbers(settings.getOrDefault("std", "1"), true),
          size(settings.get("size")),
          size(settings.get("resize")),
          layout(settings.get("layout")),
          color(settings.get("color")));
    } catch (IllegalArgumentException e) {
      throw wrong(text, String.valueOf(e.getMessage()));
    }
  }

  private static double number(String text) {
    int slash = text.indexOf('/');
    double value =
        slash < 0
            ? Double.parseDouble(text)
            : Double.parseDouble(text.substring(0, slash))
                / Double.parseDouble(text.substring(slash + 1));
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("'" + text + "' is not a finite number");
    }
    return value;
  }

  private static List<Double> numbers(String text, boolean divisors) {
    List<Double> values = Arrays.stream(text.split(",", -1)).map(PreprocessParser::number).toList();
    if (values.size() != 1 && values.size() != 3) {
      throw new IllegalArgumentException("'" + text + "' must be one number or three");
    }
    if (divisors && values.contains(0.0)) {
      throw new IllegalArgumentException("std must not be zero");
    }
    return values;
  }

  private static Preprocess.@Nullable Size size(@Nullable String text) {
    if (text == null) {
      return null;
    }
    int[] size = Arrays.stream(text.split("x", -1)).mapToInt(Integer::parseInt).toArray();
    if (size.length > 2 || Arrays.stream(size).anyMatch(s -> s < 1 || s > MAX_SIZE)) {
      throw new IllegalArgumentException("'" + text + "' is no size such as 224 or 240x320");
    }
    return new Preprocess.Size(size[0], size[size.length - 1]);
  }

  private static Preprocess.@Nullable Layout layout(@Nullable String text) {
    return text == null ? null : Preprocess.Layout.valueOf(text.toUpperCase(Locale.ROOT));
  }

  private static Preprocess.@Nullable Color color(@Nullable String text) {
    return switch (text) {
      case null -> null;
      case "rgb" -> Preprocess.Color.RGB;
      case "bgr" -> Preprocess.Color.BGR;
      case "grey" -> Preprocess.Color.GREY;
      default ->
          throw new IllegalArgumentException("color is rgb, bgr or grey, not '" + text + "'");
    };
  }

  private static UsageException wrong(String text, String why) {
    return new UsageException(
        new Problem(
            "can't understand the preprocessing",
            "--preprocess '" + text + "'",
            why,
            "use one of "
                + NAMED.keySet().stream().collect(Collectors.joining(", "))
                + " or settings as in"
                + " scale=1/255;mean=0.5;std=0.5;size=224;layout=nchw;color=rgb"));
  }
}
