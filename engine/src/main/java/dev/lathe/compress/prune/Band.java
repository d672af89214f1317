package dev.lathe.compress.prune;

import dev.lathe.parallel.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Groups that share filters; those of different bands do not touch each other's outputs.
 *
 * @param groups in rising order
 * @param firstRow of the filters
 * @param rows from the first filter to the last
 */
record Band(List<Integer> groups, int firstRow, int rows) {

  /** The bands of all groups, by their first filter. */
  static List<Band> of(Members members, int k, int rows) {
    int[] parent = new int[rows];
    for (int row = 0; row < rows; row++) {
      parent[row] = row;
    }
    for (int group = 0; group < members.groups(); group++) {
      int first = root(parent, members.element(members.start(group)) / k);
      for (int place = members.start(group); place < members.start(group + 1); place++) {
        parent[root(parent, members.element(place) / k)] = first;
      }
    }
    List<List<Integer>> byRoot = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      byRoot.add(new ArrayList<>());
    }
    for (int group = 0; group < members.groups(); group++) {
      byRoot.get(root(parent, members.element(members.start(group)) / k)).add(group);
    }
    return byRoot.stream()
        .filter(groups -> !groups.isEmpty())
        .map(groups -> of(members, k, groups))
        .toList();
  }

  private static Band of(Members members, int k, List<Integer> groups) {
    int low = Integer.MAX_VALUE;
    int high = -1;
    for (int group : groups) {
      low = Math.min(low, members.element(members.start(group)) / k);
      high = Math.max(high, members.element(members.start(group + 1) - 1) / k);
    }
    return new Band(groups, low, high - low + 1);
  }

  private static int root(int[] parent, int row) {
    int at = row;
    while (parent[at] != at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  }

  /** Calls once for each of some bands, several at a time. */
  static void forEach(List<Band> bands, Workers workers, Consumer<Band> task) {
    workers.run(
        (worker, barrier) -> {
          for (int i = worker; i < bands.size(); i += workers.size()) {
            task.accept(bands.get(i));
          }
        });
  }
}
