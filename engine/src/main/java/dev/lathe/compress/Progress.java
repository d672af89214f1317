package dev.lathe.compress;

import java.time.Duration;
import java.util.OptionalLong;

/** Hears how far a long task is; called often, so a listener that prints thins out. */
@FunctionalInterface
public interface Progress {

  /** Hears nothing. */
  Progress NONE = state -> {};

  /**
   * Where a task stands.
   *
   * @param task what is being done
   * @param done units finished, such as samples
   * @param total units in all, when known
   * @param elapsed time since the task began
   */
  record State(String task, long done, OptionalLong total, Duration elapsed) {

    /** Units per second so far; 0 before anything could be measured. */
    public double rate() {
      return elapsed.isPositive() ? done * 1e9 / elapsed.toNanos() : 0;
    }

    /** Estimated time to the end; zero when unknown. */
    public Duration remaining() {
      if (total.isEmpty() || rate() == 0) {
        return Duration.ZERO;
      }
      double seconds = Math.max(0, total.getAsLong() - done) / rate();
      return Duration.ofMillis(Math.round(seconds * 1000));
    }
  }

  void update(State state);
}
