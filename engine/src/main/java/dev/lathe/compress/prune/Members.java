package dev.lathe.compress.prune;

import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.compress.weights.WeightView;

/** The elements of every group, as indices into the weight's matrix {@code [rows][k]}, rising. */
final class Members {

  private final int[] starts;
  private final int[] elements;

  Members(WeightView view, Partition groups) {
    int[] groupOf = new int[view.elements()];
    starts = new int[groups.count() + 1];
    view.forEach(
        (index, batch, row, tap, channel) -> {
          int group = groups.group(batch, row, tap, channel);
          groupOf[WeightMatrix.index(view, batch, row, tap, channel)] = group;
          starts[group + 1]++;
        });
    for (int group = 0; group < groups.count(); group++) {
      starts[group + 1] += starts[group];
    }
    elements = new int[groupOf.length];
    int[] next = starts.clone();
    for (int at = 0; at < groupOf.length; at++) {
      elements[next[groupOf[at]]++] = at;
    }
  }

  int groups() {
    return starts.length - 1;
  }

  /** First of a group's places in {@link #element}; its last is before that of the next group. */
  int start(int group) {
    return starts[group];
  }

  int size(int group) {
    return starts[group + 1] - starts[group];
  }

  int element(int place) {
    return elements[place];
  }
}
