package dev.lathe.runtime;

import dev.lathe.parallel.Workers;
import dev.lathe.plan.ExecutionPlan;
import java.util.ArrayList;
import java.util.List;

/** The idle invocations of one plan. */
final class InvocationPool {

  private final ExecutionPlan plan;
  private final Workers workers;
  private final Runnable done;
  private final List<Invocation> idle = new ArrayList<>();
  private boolean closed;

  InvocationPool(ExecutionPlan plan, Workers workers, Runnable done) {
    this.plan = plan;
    this.workers = workers;
    this.done = done;
  }

  synchronized Invocation take() {
    Invocation invocation =
        idle.isEmpty() ? new Invocation(plan, workers, this) : idle.removeLast();
    invocation.lend();
    return invocation;
  }

  void giveBack(Invocation invocation) {
    synchronized (this) {
      if (closed) {
        invocation.releaseFrame();
      } else {
        idle.add(invocation);
      }
    }
    done.run();
  }

  synchronized void close() {
    closed = true;
    idle.forEach(Invocation::releaseFrame);
    idle.clear();
    plan.close();
  }
}
