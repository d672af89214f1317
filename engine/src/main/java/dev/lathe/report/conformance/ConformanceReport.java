package dev.lathe.report.conformance;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How the cases of a suite ended. */
public record ConformanceReport(List<CaseResult> cases) {

  /**
   * Cases that did not pass for one reason.
   *
   * @param example name of the first
   */
  public record Reason(Outcome outcome, String why, int cases, String example) {}

  public ConformanceReport {
    cases = List.copyOf(cases);
  }

  public int count(Outcome outcome) {
    return (int) cases.stream().filter(each -> each.outcome() == outcome).count();
  }

  /** Wrong answers and errors. */
  public List<CaseResult> failures() {
    return cases.stream().filter(each -> each.outcome().isFailure()).toList();
  }

  /** Why cases did not pass: wrong answers first, then by how many it keeps back. */
  public List<Reason> reasons() {
    Map<List<Object>, Reason> reasons = new LinkedHashMap<>();
    for (CaseResult each : cases) {
      if (each.outcome() != Outcome.PASSED) {
        reasons.merge(
            List.of(each.outcome(), each.why()),
            new Reason(each.outcome(), each.why(), 1, each.name()),
            (a, b) -> new Reason(a.outcome(), a.why(), a.cases() + 1, a.example()));
      }
    }
    List<Reason> sorted = new ArrayList<>(reasons.values());
    sorted.sort(
        Comparator.comparing((Reason reason) -> !reason.outcome().isFailure())
            .thenComparing(Reason::outcome)
            .thenComparing(Comparator.comparingInt(Reason::cases).reversed()));
    return sorted;
  }

  /** Cases by operator, each counted for every operator it uses; operators by name. */
  public Map<String, Map<Outcome, Integer>> operators() {
    Map<String, Map<Outcome, Integer>> operators = new TreeMap<>();
    for (CaseResult each : cases) {
      for (String operator : each.operators()) {
        operators
            .computeIfAbsent(operator, key -> new TreeMap<>())
            .merge(each.outcome(), 1, Integer::sum);
      }
    }
    return operators;
  }

  /** Fields of the JSON contract. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("total", cases.size());
    json.put("passed", count(Outcome.PASSED));
    json.put("failed", failures().size());
    json.put("wrong", count(Outcome.WRONG));
    json.put("errors", count(Outcome.ERROR));
    json.put("unsupported", count(Outcome.UNSUPPORTED));
    json.put("skipped", count(Outcome.SKIPPED));
    json.put("cases", cases.stream().map(CaseResult::json).toList());
    return json;
  }
}
