package dev.lathe.cli;

import dev.lathe.compress.scheme.CodeReport;
import dev.lathe.quant.QuantError;
import java.util.Locale;

/** The codes of weights, a line per weight and one for all. */
final class CodeTable {

  private CodeTable() {}

  static Table of(CodeReport report) {
    Table table =
        new Table(
            "node",
            "operator",
            "weights",
            "bits",
            "bits in all",
            "stored as",
            "bytes",
            "coded",
            "SQNR",
            "error");
    report.layers().forEach(layer -> row(table, layer));
    row(table, report.total());
    return table;
  }

  private static void row(Table table, CodeReport.Layer layer) {
    QuantError error = layer.error();
    table.row(
        layer.node(),
        layer.op(),
        String.format(Locale.ROOT, "%,d", layer.parameters()),
        Integer.toString(layer.bits()),
        String.format(Locale.ROOT, "%.2f", layer.bitsPerWeight()),
        layer.stored(),
        String.format(Locale.ROOT, "%,d", layer.bytesBefore()),
        String.format(Locale.ROOT, "%,d", layer.bytesAfter()),
        error == null ? "" : ratio(error),
        error == null ? "" : String.format(Locale.ROOT, "%.3g", error.maxAbs()));
  }

  private static String ratio(QuantError error) {
    return error.maxAbs() == 0 ? "exact" : String.format(Locale.ROOT, "%.1f dB", error.sqnrDb());
  }
}
