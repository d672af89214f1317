package dev.lathe.measure;

import java.util.Arrays;

/**
 * Runs a workload until its time no longer falls: the medians of two successive windows agree and
 * neither is the best seen by far, or the budget is used up.
 *
 * @param firstMs time of the very first run, in milliseconds
 * @param runs runs made
 * @param steady whether the steady state was seen before the budget ended
 * @param typicalNanos median of the last window
 */
public record WarmUp(double firstMs, int runs, boolean steady, double typicalNanos) {

  private static final int WINDOW = 11;
  private static final double AGREE = 0.03;
  private static final double FALLEN = 0.05;

  /** Warms up for at most {@code budgetNanos}; at least one window is run. */
  public static WarmUp of(Workload workload, long budgetNanos) {
    long begin = System.nanoTime();
    workload.run();
    long first = System.nanoTime() - begin;
    double best = Double.MAX_VALUE;
    double previous = Double.MAX_VALUE;
    int calm = 0;
    int runs = 1;
    double current = first;
    long minimum = Math.min(budgetNanos, Math.max(budgetNanos / 3, 300_000_000L));
    do {
      current = window(workload);
      runs += WINDOW;
      boolean level = Math.abs(current - previous) <= AGREE * previous;
      calm = level && current <= best * (1 + FALLEN) ? calm + 1 : 0;
      best = Math.min(best, current);
      previous = current;
    } while (System.nanoTime() - begin < budgetNanos
        && (calm < 3 || System.nanoTime() - begin < minimum));
    return new WarmUp(first / 1e6, runs, calm >= 3, current);
  }

  private static double window(Workload workload) {
    long[] times = new long[WINDOW];
    for (int i = 0; i < WINDOW; i++) {
      long start = System.nanoTime();
      workload.run();
      times[i] = System.nanoTime() - start;
    }
    Arrays.sort(times);
    return times[WINDOW / 2];
  }
}
