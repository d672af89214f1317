package dev.lathe.cli;

import dev.lathe.report.compare.LadderReport;
import dev.lathe.report.compare.Reading;
import dev.lathe.report.compare.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code lathe compare} prints. */
final class LadderText {

  private LadderText() {}

  static void print(LadderReport report, Console console) {
    if (report.onSparseLadder()) {
      printSparse(report, console);
      return;
    }
    LadderTable.of(report).lines().forEach(console::print);
    boolean simulated = report.rows().stream().anyMatch(row -> row.rung().simulated());
    if (simulated) {
      console.print(
          "* simulated: exact accuracy, weight bytes at the width; the file stores 8 bits, and no"
              + " speed is claimed");
    }
    console.print("");
    new Reading(report).sentences().forEach(console::print);
    console.print("");
    for (Row row : report.rows()) {
      if (row.timing() != null) {
        console.print(
            String.format(
                Locale.ROOT,
                "%s: first inference %.1f ms; kernels %s",
                row.rung().name(),
                row.timing().firstMs(),
                String.join(", ", row.kernels())));
      }
    }
  }

  /** Many rows: what they have in common is said once. */
  private static void printSparse(LadderReport report, Console console) {
    SparseLadderTable.of(report).lines().forEach(console::print);
    console.print("");
    Reading reading = new Reading(report);
    console.print(reading.verdict());
    reading
        .withoutClaim()
        .forEach((why, rows) -> console.print(String.join(", ", rows) + ": " + why));
    reading.doubts().forEach(console::print);
    console.print("");
    Map<List<String>, List<String>> kernels = new LinkedHashMap<>();
    for (Row row : report.rows()) {
      kernels.computeIfAbsent(row.kernels(), none -> new ArrayList<>()).add(row.rung().name());
    }
    kernels.forEach(
        (ran, rows) ->
            console.print(String.join(", ", rows) + ": kernels " + String.join(", ", ran)));
  }
}
