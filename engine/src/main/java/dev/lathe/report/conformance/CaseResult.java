package dev.lathe.report.conformance;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One test case and how it ended.
 *
 * @param why the reason in one line; empty for a case that passed
 * @param where the place the reason names: node, file; may be empty
 * @param operators of the model, each once; empty when it could not be read
 */
public record CaseResult(
    String name, Outcome outcome, String why, String where, List<String> operators) {

  public CaseResult {
    operators = List.copyOf(operators);
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("result", outcome.toString());
    json.put("why", why);
    json.put("where", where);
    json.put("operators", operators);
    return json;
  }
}
