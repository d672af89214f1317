package dev.lathe.plan;

/** Accumulated wall time of every step of a plan, in nanoseconds. */
public final class StepTimes {

  private final long[] nanos;

  public StepTimes(ExecutionPlan plan) {
    this.nanos = new long[plan.stepCount()];
  }

  void add(int step, long elapsed) {
    nanos[step] += elapsed;
  }

  /** Total time of step {@code index} over all runs so far. */
  public long nanos(int index) {
    return nanos[index];
  }
}
