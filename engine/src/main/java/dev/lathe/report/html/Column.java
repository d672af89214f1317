package dev.lathe.report.html;

import java.util.Arrays;
import java.util.List;

/**
 * The head of a table's column.
 *
 * @param text whether its cells are words, which stand to the left
 */
public record Column(String title, boolean text) {

  /** Columns by their titles; those of words begin with an underscore, which is not shown. */
  public static List<Column> of(String... titles) {
    return Arrays.stream(titles)
        .map(
            title ->
                title.startsWith("_")
                    ? new Column(title.substring(1), true)
                    : new Column(title, false))
        .toList();
  }
}
