package dev.lathe.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows of text in aligned columns: the first column to the left, numbers to the right. */
final class Table {

  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();

  Table(String... header) {
    this.header = List.of(header);
  }

  /** Adds a row of as many cells as the header. */
  void row(String... cells) {
    if (cells.length != header.size()) {
      throw new IllegalArgumentException(
          "row of " + cells.length + " cells: " + Arrays.toString(cells));
    }
    rows.add(List.of(cells));
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  List<String> lines() {
    int columns = header.size();
    int[] widths = new int[columns];
    boolean[] numeric = new boolean[columns];
    for (int c = 0; c < columns; c++) {
      int column = c;
      widths[c] =
          Math.max(
              header.get(c).length(),
              rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0));
      numeric[c] = c > 0 && rows.stream().allMatch(row -> isNumber(row.get(column)));
    }
    List<String> lines = new ArrayList<>();
    lines.add(line(header, widths, numeric));
    rows.forEach(row -> lines.add(line(row, widths, numeric)));
    return lines;
  }

  private static boolean isNumber(String cell) {
    return cell.isEmpty()
        || cell.equals("-")
        || Character.isDigit(
            cell.charAt(cell.length() > 1 && "+-±<>".indexOf(cell.charAt(0)) >= 0 ? 1 : 0));
  }

  private static String line(List<String> cells, int[] widths, boolean[] numeric) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < cells.size(); c++) {
      String cell = cells.get(c);
      String pad = " ".repeat(widths[c] - cell.length());
      line.append(c == 0 ? "" : "  ").append(numeric[c] ? pad + cell : cell + pad);
    }
    return line.toString().stripTrailing();
  }
}
