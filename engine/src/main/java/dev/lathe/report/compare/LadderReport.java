package dev.lathe.report.compare;

import dev.lathe.report.Environment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The whole comparison.
 *
 * @param model what was compared, as the user called it
 * @param command as it was started
 * @param rows the float original first
 * @param method how it was measured, a sentence each
 */
public record LadderReport(
    String model, String command, Environment environment, List<Row> rows, List<String> method) {

  public LadderReport {
    rows = List.copyOf(rows);
    method = List.copyOf(method);
  }

  public Row baseline() {
    return rows.getFirst();
  }

  /** Whether it is the ladder of sparsity and bits. */
  public boolean onSparseLadder() {
    return baseline().rung().place() != null;
  }

  /** Fields of the JSON contract and more. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", model);
    json.put("command", command);
    json.put("environment", environment.json());
    json.put("method", method);
    json.put("reading", new Reading(this).sentences());
    json.put("rows", rows.stream().map(Row::json).toList());
    return json;
  }
}
