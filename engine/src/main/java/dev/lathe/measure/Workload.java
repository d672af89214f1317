package dev.lathe.measure;

/** Something to be timed: one call does the whole work once, the same work every time. */
public interface Workload {

  /** Short and unique within a comparison. */
  String name();

  void run();

  /** A workload of a name and an action. */
  static Workload of(String name, Runnable action) {
    return new Workload() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void run() {
        action.run();
      }
    };
  }
}
