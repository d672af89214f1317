package dev.lathe.compress.recipe;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one step. What is read, defaults included, is remembered: with those {@link
 * #effective} settings the step does the same again.
 */
public final class Settings {

  private final String place;
  private final String prefix;
  private final Map<String, String> given;
  private final boolean samples;
  private final Map<String, Object> effective = new LinkedHashMap<>();
  private final Set<String> read = new LinkedHashSet<>();

  /**
   * Settings as text.
   *
   * @param place of the step, for messages
   * @param prefix of a key as the user writes it, such as {@code --}
   * @param samples whether there are samples to observe
   */
  public Settings(String place, String prefix, Map<String, String> given, boolean samples) {
    this.place = place;
    this.prefix = prefix;
    this.given = Collections.unmodifiableMap(new LinkedHashMap<>(given));
    this.samples = samples;
  }

  /** Whether there are samples to observe. */
  public boolean hasSamples() {
    return samples;
  }

  public boolean has(String key) {
    return given.containsKey(key);
  }

  public @Nullable String text(String key) {
    read.add(key);
    String value = given.get(key);
    if (value != null) {
      effective.put(key, value);
    }
    return value;
  }

  public String text(String key, String fallback) {
    String value = text(key);
    effective.put(key, value == null ? fallback : value);
    return value == null ? fallback : value;
  }

  /** Remembers the value of a setting that depends on something else when it is not given. */
  public void resolve(String key, String value) {
    effective.put(key, value);
  }

  public boolean flag(String key) {
    String value = text(key);
    if (value != null && !value.equals("true") && !value.equals("false")) {
      throw wrong(key, "it is true or false");
    }
    effective.put(key, Boolean.parseBoolean(value));
    return Boolean.parseBoolean(value);
  }

  public @Nullable Double number(String key) {
    String value = text(key);
    if (value == null) {
      return null;
    }
    try {
      double number = Double.parseDouble(value);
      effective.put(key, number);
      return number;
    } catch (NumberFormatException e) {
      throw wrong(key, "it is a number");
    }
  }

  /**
   * The settings within a setting, such as {@code end:1000,to:0.8}; null when it was not given.
   *
   * @param keys all that there are
   */
  public @Nullable Settings mapping(String key, List<String> keys) {
    String value = text(key);
    if (value == null) {
      return null;
    }
    Map<String, String> inner = new LinkedHashMap<>();
    for (String entry : value.split(",", -1)) {
      int colon = entry.indexOf(':');
      String name = entry.substring(0, Math.max(colon, 0)).strip();
      if (!keys.contains(name) || inner.put(name, entry.substring(colon + 1).strip()) != null) {
        throw wrong(key, "'" + entry + "' is none of " + String.join(":, ", keys) + ":, each once");
      }
    }
    Settings settings = new Settings(place, prefix + key + " ", inner, samples);
    effective.put(key, Collections.unmodifiableMap(settings.effective));
    return settings;
  }

  public double number(String key, double fallback) {
    Double number = number(key);
    effective.put(key, number == null ? fallback : number);
    return number == null ? fallback : number;
  }

  /** A number that must be there. */
  public double number(String key, String why) {
    Double number = number(key);
    if (number == null) {
      throw missing(key, why);
    }
    return number;
  }

  private UsageException missing(String key, String why) {
    return new UsageException(new Problem(prefix + key + " is missing", place, why, ""));
  }

  /** A whole number that must be there. */
  public long integer(String key, String why) {
    if (!has(key)) {
      throw missing(key, why);
    }
    return integer(key, 0);
  }

  public long integer(String key, long fallback) {
    String value = text(key);
    try {
      long number = value == null ? fallback : Long.parseLong(value);
      effective.put(key, number);
      return number;
    } catch (NumberFormatException e) {
      throw wrong(key, "it is a whole number");
    }
  }

  public @Nullable Pattern pattern(String key) {
    String value = text(key);
    try {
      return value == null ? null : Pattern.compile(value);
    } catch (PatternSyntaxException e) {
      throw wrong(key, "no regular expression: " + e.getDescription());
    }
  }

  /** Refuses a setting that was given. */
  public void refuse(String key, String why) {
    if (has(key)) {
      throw new UsageException(
          new Problem(prefix + key + " has no meaning here", place, why, "leave it out"));
    }
  }

  private UsageException wrong(String key, String why) {
    return new UsageException(
        new Problem(prefix + key + " '" + given.get(key) + "'", place, why, "correct the value"));
  }

  /** Reads the settings by a step, all of them. */
  dev.lathe.compress.Compression readBy(RecipeStep step) {
    for (String key : given.keySet()) {
      if (!step.keys().contains(key)) {
        throw new UsageException(
            new Problem(
                "unknown setting '" + key + "'",
                place,
                "",
                "'" + step.name() + "' knows " + String.join(", ", step.keys())));
      }
    }
    var compression = step.parse(this);
    given.keySet().stream()
        .filter(key -> !read.contains(key))
        .forEach(key -> refuse(key, "the other settings leave nothing for it to say"));
    return compression;
  }

  /** Every setting that was read, with its value: text, number or truth. */
  Map<String, Object> effective() {
    return Collections.unmodifiableMap(new LinkedHashMap<>(effective));
  }
}
