package dev.lathe.cli;

import dev.lathe.report.Inspection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** A model beside what was made of it. */
final class BeforeAfter {

  private BeforeAfter() {}

  /** Operators that changed in number, then sizes. */
  static Table table(Inspection before, Inspection after, long fileBefore, long fileAfter) {
    Table table = new Table("", "before", "after", "ratio");
    TreeSet<String> operators = new TreeSet<>(before.operators().keySet());
    operators.addAll(after.operators().keySet());
    for (String operator : operators) {
      table.row(
          operator,
          Integer.toString(before.operators().getOrDefault(operator, 0)),
          Integer.toString(after.operators().getOrDefault(operator, 0)),
          "");
    }
    number(table, "constants", before.parameters(), after.parameters(), false);
    number(table, "MACs", before.macs(), after.macs(), false);
    number(table, "constant bytes", before.weightBytes(), after.weightBytes(), true);
    number(table, "file bytes", fileBefore, fileAfter, true);
    return table;
  }

  /** One side as JSON. */
  static Map<String, Object> side(Inspection inspection, long fileBytes) {
    Map<String, Object> json = new LinkedHashMap<>(inspection.json());
    json.remove("layers");
    json.put("file_bytes", fileBytes);
    return json;
  }

  private static void number(Table table, String name, long before, long after, boolean ratio) {
    table.row(
        name,
        String.format(Locale.ROOT, "%,d", before),
        String.format(Locale.ROOT, "%,d", after),
        ratio && after > 0 ? String.format(Locale.ROOT, "%.2fx", (double) before / after) : "");
  }
}
