package dev.lathe.cli;

import dev.lathe.compress.prune.OperationReport;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Operations that were removed, as a table and as JSON. */
final class OperationText {

  private OperationText() {}

  static Table table(OperationReport report) {
    Table table = new Table("removed", "from", "to", "MACs", "of all", "change of outputs");
    for (OperationReport.Removed removed : report.removed()) {
      table.row(
          ChannelText.names(removed.nodes()),
          removed.entry(),
          removed.exit(),
          String.format(Locale.ROOT, "%,d", removed.macs()),
          String.format(Locale.ROOT, "%.1f %%", 100.0 * removed.macs() / report.macsBefore()),
          String.format(Locale.ROOT, "%.3g", removed.change()));
    }
    return table;
  }

  static Map<String, Object> json(OperationReport report) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("removed", report.removed().stream().map(OperationText::json).toList());
    json.put("macs_before", report.macsBefore());
    json.put("macs_after", report.macsAfter());
    json.put("kept", report.kept());
    return json;
  }

  private static Map<String, Object> json(OperationReport.Removed removed) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("nodes", removed.nodes());
    json.put("from", removed.entry());
    json.put("to", removed.exit());
    json.put("macs", removed.macs());
    json.put("output_change", removed.change());
    return json;
  }
}
