package dev.lathe.compress.calibrate;

import dev.lathe.quant.Range;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Watches the values of one tensor go by and ends with the range to quantize. Memory is bounded
 * whatever is observed, and the result does not depend on how the values of a batch are split into
 * calls.
 */
public interface Observer {

  /** Takes in finite values {@code [0, count)}. */
  void observe(float[] values, int count);

  /** Ends a batch that had values. */
  void endBatch();

  /** The range chosen from everything so far; [0, 0] before anything was observed. */
  Range range();

  /**
   * Takes in what another observer of the same method saw, as if it came after this one's values.
   * The range is then that of one observer that saw everything, given that both ended a batch.
   */
  void merge(Observer later);

  /** Writes all of its state. */
  void write(DataOutput out) throws IOException;

  /**
   * Takes on a written state in place of its own.
   *
   * @throws IOException also when the state is none an observer can have
   */
  void read(DataInput in) throws IOException;
}
