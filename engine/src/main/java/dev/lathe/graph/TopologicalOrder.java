package dev.lathe.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Nodes sorted so that every value is produced before it is used, uses by sub-graphs included.
 * Stable: nodes already in order stay where they are.
 *
 * @param nodes the sorted nodes; without meaning when there is a cycle
 * @param cycle the nodes of one cycle in the order of data flow, or empty
 * @param unchanged whether the nodes were in order already
 */
public record TopologicalOrder(List<Node> nodes, List<Node> cycle, boolean unchanged) {

  private enum Mark {
    NEW,
    OPEN,
    DONE
  }

  /** Sorts {@code nodes}; values that none of them produces are taken as given. */
  public static TopologicalOrder of(List<Node> nodes) {
    Map<String, Integer> producers = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      for (String output : nodes.get(i).outputs()) {
        if (!output.isEmpty()) {
          producers.putIfAbsent(output, i);
        }
      }
    }
    Mark[] marks = new Mark[nodes.size()];
    Arrays.fill(marks, Mark.NEW);
    boolean unchanged = true;
    List<Node> sorted = new ArrayList<>(nodes.size());
    // An explicit stack: the depth of a network is not bounded by the depth of the call stack.
    Deque<Integer> path = new ArrayDeque<>();
    Deque<Iterator<String>> pending = new ArrayDeque<>();
    for (int root = 0; root < marks.length; root++) {
      if (marks[root] == Mark.NEW) {
        open(root, nodes, marks, path, pending);
      }
      while (!path.isEmpty()) {
        if (!pending.getLast().hasNext()) {
          pending.removeLast();
          int done = path.removeLast();
          marks[done] = Mark.DONE;
          unchanged &= done == sorted.size();
          sorted.add(nodes.get(done));
          continue;
        }
        Integer producer = producers.get(pending.getLast().next());
        if (producer == null || marks[producer] == Mark.DONE) {
          continue;
        }
        if (marks[producer] == Mark.OPEN) {
          return new TopologicalOrder(List.of(), cycle(producer, nodes, path), false);
        }
        open(producer, nodes, marks, path, pending);
      }
    }
    return new TopologicalOrder(List.copyOf(sorted), List.of(), unchanged);
  }

  private static void open(
      int index,
      List<Node> nodes,
      Mark[] marks,
      Deque<Integer> path,
      Deque<Iterator<String>> pending) {
    marks[index] = Mark.OPEN;
    path.addLast(index);
    pending.addLast(SubGraphs.uses(nodes.get(index)).iterator());
  }

  /**
   * The tail of the path from {@code start} on, turned so that its first node in list order leads.
   * The path runs from user to producer, hence backwards.
   */
  private static List<Node> cycle(int start, List<Node> nodes, Deque<Integer> path) {
    List<Integer> cycle = new ArrayList<>();
    for (Iterator<Integer> walk = path.descendingIterator(); walk.hasNext(); ) {
      int index = walk.next();
      cycle.add(index);
      if (index == start) {
        break;
      }
    }
    Collections.rotate(cycle, -cycle.indexOf(Collections.min(cycle)));
    return cycle.stream().map(nodes::get).toList();
  }
}
