package dev.lathe.compress.scheme;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.quant.Scheme;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Every scheme of weights. */
public final class WeightSchemes {

  /**
   * Schemes whose names have one form.
   *
   * @param usage the form, as a user reads it
   */
  public record Form(String usage, Pattern pattern, Function<MatchResult, WeightScheme> factory) {}

  public static final List<Form> ALL =
      List.of(
          form(
              "int16..int1",
              "int(\\d{1,2})(?::(affine|symmetric|maxabs|linear))?",
              WeightSchemes::integer),
          form("pow2:B", "pow2:(\\d{1,2})(?:,(-?\\d{1,3}|class))?", WeightSchemes::fixedPoint),
          form(
              "log2:B", "log2:(\\d)", name -> new LogarithmicScheme(within(name, 1, 2, 8, "bits"))),
          form("ternary", "ternary", name -> new TernaryScheme()),
          form("binary", "binary", name -> new BinaryScheme()),
          form(
              "kmeans:K",
              "kmeans:(\\d{1,5})(?:,(linear|density|kmeans\\+\\+))?",
              WeightSchemes::kMeans),
          form("hash:K", "hash:(\\d{1,8})(?:,(\\d{1,18}))?", WeightSchemes::hash),
          form("fp16", "fp16", name -> new FloatScheme("fp16", FloatFormat.ieee(5, 10))),
          form("bf16", "bf16", name -> new FloatScheme("bf16", FloatFormat.ieee(8, 7))),
          form("fp8e4m3", "fp8e4m3", name -> new FloatScheme("fp8e4m3", FloatFormat.e4m3())),
          form("fp8e5m2", "fp8e5m2", name -> new FloatScheme("fp8e5m2", FloatFormat.ieee(5, 2))),
          form(
              "float:E,M",
              "float:(\\d),(\\d{1,2})",
              name -> FloatScheme.of(number(name, 1), number(name, 2))));

  private WeightSchemes() {}

  private static Form form(
      String usage, String pattern, Function<MatchResult, WeightScheme> factory) {
    return new Form(usage, Pattern.compile(pattern), factory);
  }

  /**
   * The scheme of that name.
   *
   * @throws UsageException when there is none, or its numbers make no sense
   */
  public static WeightScheme parse(String name) {
    for (Form form : ALL) {
      Matcher matcher = form.pattern().matcher(name);
      if (matcher.matches()) {
        return form.factory().apply(matcher);
      }
    }
    throw new UsageException(
        new Problem("unknown weights", "'" + name + "'", "", "use one of " + usages()));
  }

  /** The forms of the names, separated by commas. */
  public static String usages() {
    return ALL.stream().map(Form::usage).collect(Collectors.joining(", "));
  }

  private static WeightScheme integer(MatchResult name) {
    int bits = within(name, 1, 1, 16, "bits");
    String rule = name.group(2) == null ? "symmetric" : name.group(2);
    if (rule.equals("maxabs")) {
      return new MaxAbsScheme(bits);
    }
    if (rule.equals("linear")) {
      return new LinearScheme(bits);
    }
    if (bits == 1 && rule.equals("symmetric")) {
      throw new UsageException(
          new Problem(
              "symmetric levels of 1 bit hold only 0",
              "'" + name.group() + "'",
              "",
              "use binary, which has -alpha and alpha, or the scheme affine"));
    }
    return new IntegerScheme(bits, Scheme.valueOf(rule.toUpperCase(Locale.ROOT)));
  }

  private static WeightScheme fixedPoint(MatchResult name) {
    int bits = within(name, 1, 2, 16, "bits");
    if ("class".equals(name.group(2))) {
      return new FixedPointScheme(bits, FixedPointScheme.BY_CLASS);
    }
    return new FixedPointScheme(
        bits,
        name.group(2) == null
            ? FixedPointScheme.BY_RANGE
            : within(name, 2, -100, 120, "fraction bits"));
  }

  private static WeightScheme kMeans(MatchResult name) {
    int k = within(name, 1, 2, 65536, "values");
    for (KMeans.Start start : KMeans.Start.values()) {
      if (start.title.equals(name.group(2))) {
        return new KMeansScheme(k, start);
      }
    }
    return new KMeansScheme(k, KMeans.Start.PLUS_PLUS);
  }

  private static WeightScheme hash(MatchResult name) {
    long seed = name.group(2) == null ? 1 : Long.parseLong(name.group(2));
    return new HashScheme(within(name, 1, 1, 100_000_000, "buckets"), seed);
  }

  private static int number(MatchResult name, int group) {
    return Integer.parseInt(name.group(group));
  }

  private static int within(MatchResult name, int group, int least, int most, String what) {
    int number = number(name, group);
    if (number < least || number > most) {
      throw new UsageException(
          new Problem(
              "wrong number of " + what,
              "'" + name.group() + "'",
              "there are " + least + " to " + most + ", not " + number,
              ""));
    }
    return number;
  }
}
