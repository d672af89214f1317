package dev.lathe.cli;

import dev.lathe.compress.Progress;
import java.util.HashMap;
import java.util.Map;

/** Shows the progress of the engine's long tasks on a console, each on a line of its own. */
final class ProgressLines implements Progress {

  private final Console console;
  private final Map<String, Console.Progress> lines = new HashMap<>();

  ProgressLines(Console console) {
    this.console = console;
  }

  /** A task that is done may begin anew. */
  @Override
  public void update(State state) {
    long total = state.total().orElse(0);
    lines
        .computeIfAbsent(state.task(), task -> console.progress(task, state.elapsed()))
        .update(state.done(), total);
    if (total > 0 && state.done() >= total) {
      lines.remove(state.task());
    }
  }
}
