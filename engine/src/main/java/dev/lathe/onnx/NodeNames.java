package dev.lathe.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Gives every node of a graph a name of its own; names the file gives first come, first served. */
final class NodeNames {

  private final Set<String> claimed = new HashSet<>();
  private final Set<String> used = new HashSet<>();
  private final Map<String, Integer> counters = new HashMap<>();
  private final List<String> renamed = new ArrayList<>();

  /** Reserves a name of the file, so that no generated one takes it. */
  void claim(String name) {
    claimed.add(name);
  }

  /** The name of the next node: its own if it has one that isn't used yet. */
  String next(String own, String opType, List<String> outputs) {
    if (!own.isEmpty() && used.add(own)) {
      return own;
    }
    if (!own.isEmpty()) {
      renamed.add(own);
    }
    String output = outputs.isEmpty() ? "" : outputs.getFirst();
    String base = own.isEmpty() ? opType + "_" + output : own;
    String name = own.isEmpty() ? base : numbered(base);
    while (claimed.contains(name) || !used.add(name)) {
      name = numbered(base);
    }
    return name;
  }

  /** Names that were used more than once. */
  List<String> renamed() {
    return renamed;
  }

  private String numbered(String base) {
    return base + "_" + counters.merge(base, 1, Integer::sum);
  }
}
