package dev.lathe.report.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What to do about causes: one action per cause, for all its layers. */
final class Actions {

  private static final int MOST_NAMES = 12;

  private Actions() {}

  /** That which wins the most first. */
  static List<Explanation.Action> of(List<Explanation.Named> causes) {
    Map<String, List<Explanation.Named>> byCause = new LinkedHashMap<>();
    for (Explanation.Named one : causes) {
      byCause.computeIfAbsent(one.finding().cause(), cause -> new ArrayList<>()).add(one);
    }
    List<Explanation.Action> actions = new ArrayList<>();
    for (Cause cause : Causes.ALL) {
      List<Explanation.Named> own = byCause.getOrDefault(cause.id(), List.of());
      if (!own.isEmpty()) {
        actions.add(
            new Explanation.Action(
                cause.id(),
                own.size(),
                own.stream().mapToDouble(Explanation.Named::saved).sum(),
                own.getFirst().finding().remedy(),
                cause.command(names(own))));
      }
    }
    actions.sort(Comparator.comparingDouble(action -> -action.saved()));
    return actions;
  }

  /** The layers as a regular expression that options of verbs take. */
  private static String names(List<Explanation.Named> own) {
    return own.stream()
        .limit(MOST_NAMES)
        .map(one -> one.finding().layer().replaceAll("([\\\\.\\[\\]{}()*+?^$|])", "\\\\$1"))
        .distinct()
        .collect(Collectors.joining("|"));
  }
}
