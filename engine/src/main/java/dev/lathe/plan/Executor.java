package dev.lathe.plan;

import dev.lathe.parallel.Barrier;
import dev.lathe.parallel.Workers;
import java.lang.ref.Reference;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Runs the steps of one frame of a plan, again and again. All workers walk the same list of steps;
 * each does its part and waits for the others where the next step needs it. Does not allocate.
 */
public final class Executor implements Workers.Task {

  private final ExecutionPlan plan;
  private final Frame frame;
  private final Workers workers;
  private @Nullable StepTimes times;

  public Executor(ExecutionPlan plan, Frame frame, Workers workers) {
    this.plan = plan;
    this.frame = frame;
    this.workers = workers;
  }

  /** Computes the outputs from the inputs bound to the frame. */
  public void run() {
    run(null);
  }

  /** The same, adding the time of every step to {@code times}. */
  public void run(@Nullable StepTimes times) {
    this.times = times;
    try {
      if (workers.size() == 1) {
        runAlone(times);
      } else {
        workers.run(this);
      }
    } finally {
      Reference.reachabilityFence(plan);
    }
  }

  /** Without a recording, the class of events is not even initialized; see there. */
  private static boolean recorded() {
    return FlightRecorder.isInitialized() && StepEvent.wanted();
  }

  private void runAlone(@Nullable StepTimes times) {
    boolean events = recorded();
    for (int index = 0; index < plan.stepCount(); index++) {
      ExecutionPlan.PlannedStep planned = plan.step(index);
      long start = times == null ? 0 : System.nanoTime();
      StepEvent event = events ? StepEvent.start() : null;
      for (int part = 0; part < planned.parts(); part++) {
        planned.step().run(frame, part, planned.parts());
      }
      if (event != null) {
        event.finish(planned);
      }
      if (times != null) {
        times.add(index, System.nanoTime() - start);
      }
    }
  }

  @Override
  public void run(int worker, Barrier barrier) {
    if (times != null) {
      barrier.await(worker); // so that waking the others is no part of the first step
    }
    StepTimes timing = worker == 0 ? times : null;
    boolean events = worker == 0 && recorded();
    for (int index = 0; index < plan.stepCount(); index++) {
      ExecutionPlan.PlannedStep planned = plan.step(index);
      long start = timing == null ? 0 : System.nanoTime();
      StepEvent event = events ? StepEvent.start() : null;
      if (worker < planned.parts()) {
        planned.step().run(frame, worker, planned.parts());
      }
      barrier.await(worker);
      if (event != null) {
        event.finish(planned);
      }
      if (timing != null) {
        timing.add(index, System.nanoTime() - start);
      }
    }
  }
}
