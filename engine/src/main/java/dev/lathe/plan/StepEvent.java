package dev.lathe.plan;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** Flight Recorder event per executed step; recorded only while a recording asks for it. */
@Name("dev.lathe.Step")
@Label("Lathe step")
@Category("Lathe")
@StackTrace(false)
final class StepEvent extends Event {

  private static final EventType TYPE = EventType.getEventType(StepEvent.class);

  @Label("Node")
  @Nullable String node;

  @Label("Operator")
  @Nullable String operator;

  @Label("Kernel")
  @Nullable String kernel;

  /**
   * Whether a recording asks for events. Callers ask {@code FlightRecorder.isInitialized()} first:
   * the JVM registers a type of event when its class is initialized, which takes a tenth of a
   * second.
   */
  static boolean wanted() {
    return TYPE.isEnabled();
  }

  static StepEvent start() {
    StepEvent event = new StepEvent();
    event.begin();
    return event;
  }

  void finish(ExecutionPlan.PlannedStep planned) {
    end();
    if (shouldCommit()) {
      node = planned.node().name();
      operator = planned.node().qualifiedOp();
      kernel = planned.step().kernel();
      commit();
    }
  }
}
