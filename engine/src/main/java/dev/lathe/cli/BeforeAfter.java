package dev.lathe.cli;

import dev.lathe.file.FileSizes;
import dev.lathe.graph.Network;
import dev.lathe.report.Inspection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** A model beside what was made of it. */
record BeforeAfter(Side before, Side after) {

  /** What a model consists of and takes. */
  record Side(Inspection inspection, FileSizes sizes) {

    static Side of(Network network) {
      return new Side(Inspection.of(network), FileSizes.of(network));
    }

    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>(inspection.json());
      json.remove("layers");
      json.put("file_bytes", sizes.onnx());
      json.put("compact_bytes", sizes.compact());
      return json;
    }
  }

  static BeforeAfter of(Network before, Network after) {
    return new BeforeAfter(Side.of(before), Side.of(after));
  }

  /** Operators that changed in number, then sizes. */
  Table table() {
    Table table = new Table("", "before", "after", "ratio");
    Map<String, Integer> were = before.inspection.operators();
    Map<String, Integer> are = after.inspection.operators();
    TreeSet<String> operators = new TreeSet<>(were.keySet());
    operators.addAll(are.keySet());
    for (String operator : operators) {
      table.row(
          operator,
          Integer.toString(were.getOrDefault(operator, 0)),
          Integer.toString(are.getOrDefault(operator, 0)),
          "");
    }
    number(table, "constants", before.inspection.parameters(), after.inspection.parameters(), "");
    number(table, "MACs", before.inspection.macs(), after.inspection.macs(), "");
    size(table, "constant bytes", before.inspection.weightBytes(), after.inspection.weightBytes());
    size(table, "ONNX bytes", before.sizes.onnx(), after.sizes.onnx());
    size(table, "compact bytes", before.sizes.compact(), after.sizes.compact());
    return table;
  }

  private static void size(Table table, String name, long before, long after) {
    String ratio = after > 0 ? String.format(Locale.ROOT, "%.2fx", (double) before / after) : "";
    number(table, name, before, after, ratio);
  }

  private static void number(Table table, String name, long before, long after, String ratio) {
    table.row(
        name,
        String.format(Locale.ROOT, "%,d", before),
        String.format(Locale.ROOT, "%,d", after),
        ratio);
  }

  /** Both sides, and how much smaller the ONNX file and the compact file became. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("before", before.json());
    json.put("after", after.json());
    json.put("compression_ratio", (double) before.sizes.onnx() / after.sizes.onnx());
    json.put("compact_compression_ratio", (double) before.sizes.compact() / after.sizes.compact());
    return json;
  }
}
