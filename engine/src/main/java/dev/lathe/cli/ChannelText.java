package dev.lathe.cli;

import dev.lathe.compress.prune.ChannelReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What became of channels, as table and as JSON. */
final class ChannelText {

  private static final int NAMES = 3;

  private ChannelText() {}

  static Table groups(ChannelReport report) {
    Table table = new Table("nodes", "channels", "kept", "removed");
    for (ChannelReport.Group group : report.groups()) {
      table.row(
          names(group.nodes()),
          Integer.toString(group.before()),
          Integer.toString(group.after()),
          Integer.toString(group.before() - group.after()));
    }
    return table;
  }

  /** Names of nodes, the first of many. */
  static String names(List<String> nodes) {
    return nodes.size() <= NAMES + 1
        ? String.join(" + ", nodes)
        : String.join(" + ", nodes.subList(0, NAMES)) + " + " + (nodes.size() - NAMES) + " more";
  }

  static Map<String, Object> json(ChannelReport report) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("groups", report.groups().stream().map(ChannelText::json).toList());
    json.put("kept", report.kept());
    json.put("warnings", report.warnings());
    return json;
  }

  private static Map<String, Object> json(ChannelReport.Group group) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("nodes", group.nodes());
    json.put("channels_before", group.before());
    json.put("channels", group.after());
    return json;
  }
}
