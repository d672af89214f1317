package dev.lathe.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads option values. */
final class Converters {

  private Converters() {}

  /** A number of bytes as in {@code 512M}; suffixes K, M and G are powers of 1024. */
  static final class Bytes implements ITypeConverter<Long> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})([KMG]?)");

    @Override
    public Long convert(String text) {
      Matcher matcher = FORM.matcher(text.toUpperCase(Locale.ROOT));
      if (!matcher.matches()) {
        throw new TypeConversionException("'" + text + "' is no size such as 512M");
      }
      int power = "KMG".indexOf(matcher.group(2));
      int shift = matcher.group(2).isEmpty() ? 0 : 10 * (power + 1);
      return Long.parseLong(matcher.group(1)) << shift;
    }
  }

  /** A regular expression. */
  static final class RegularExpression implements ITypeConverter<Pattern> {

    @Override
    public Pattern convert(String text) {
      try {
        return Pattern.compile(text);
      } catch (PatternSyntaxException e) {
        throw new TypeConversionException(
            "'" + text + "' is no regular expression: " + e.getDescription());
      }
    }
  }
}
