package dev.lathe.plan;

import java.lang.foreign.MemorySegment;

/** Copies a value's bytes as they are. */
record CopyStep(Slot source, Slot target, long bytes) implements Step {

  @Override
  public int parts(int threads) {
    return 1;
  }

  @Override
  public void run(Frame frame, int part, int parts) {
    MemorySegment.copy(
        frame.segment(source), frame.at(source), frame.segment(target), frame.at(target), bytes);
  }

  @Override
  public String kernel() {
    return "copy";
  }
}
