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

  @Override
  public void update(State state) {
    lines
        .computeIfAbsent(state.task(), task -> console.progress(task, state.elapsed()))
        .update(state.done(), state.total().orElse(0));
  }
}
