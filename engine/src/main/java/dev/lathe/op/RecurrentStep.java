package dev.lathe.op;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import dev.lathe.plan.Step;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The recurrence over time. Every batch entry of every direction is a sequence of its own; a part
 * takes some of them through all of time, so that threads never wait for each other in between.
 */
final class RecurrentStep implements Step {

  /** What differs between RNN, GRU and LSTM. */
  interface Cell {

    /**
     * Advances the state of batch entries [from, to) of a direction by one time step: reads the
     * projection at {@code t} and replaces the states in working memory.
     */
    void advance(Frame frame, int direction, int t, int from, int to);

    String kernels();
  }

  /**
   * A state from its initial to its last value.
   *
   * @param work [D,B,H]
   * @param initial input in the node's layout, or null for zeros
   * @param last output in the node's layout, or null when nothing reads it
   */
  record State(Slot work, @Nullable Slot initial, @Nullable Slot last) {}

  private final RecurrentForm form;
  private final Cell cell;
  private final List<State> states;
  private final @Nullable Slot lengths;
  private final @Nullable Slot all;

  /**
   * A recurrence.
   *
   * @param states the hidden state first
   * @param lengths int32 [B], or null when all sequences are as long as X
   * @param all where the hidden state of every time step goes, or null
   */
  RecurrentStep(
      RecurrentForm form,
      Cell cell,
      List<State> states,
      @Nullable Slot lengths,
      @Nullable Slot all) {
    this.form = form;
    this.cell = cell;
    this.states = states;
    this.lengths = lengths;
    this.all = all;
  }

  @Override
  public int parts(int threads) {
    int sequences = form.directions() * form.batch();
    long work = (long) form.time() * sequences * form.columns() * form.hidden() / 16;
    return Math.clamp(Math.min(sequences, Partition.parts(work, threads)), 1, threads);
  }

  @Override
  public void run(Frame frame, int part, int parts) {
    int sequences = form.directions() * form.batch();
    int end = (int) Partition.bound(sequences, 1, part + 1, parts);
    for (int at = (int) Partition.bound(sequences, 1, part, parts); at < end; ) {
      int direction = at / form.batch();
      int from = at - direction * form.batch();
      int to = Math.min(form.batch(), from + (end - at));
      if (lengths == null) {
        sequences(frame, direction, from, to, form.time());
      } else {
        for (int b = from; b < to; b++) {
          sequences(frame, direction, b, b + 1, length(frame, lengths, b));
        }
      }
      at += to - from;
    }
  }

  private int length(Frame frame, Slot slot, int b) {
    int length = frame.segment(slot).get(Tensor.I32, frame.at(slot) + 4L * b);
    if (length < 0 || length > form.time()) {
      throw new InvalidDataException(
          Problem.of(
              "sequence length " + length + " is outside [0, " + form.time() + "]",
              "input '" + slot.value() + "'"));
    }
    return length;
  }

  /** Takes batch entries [from, to), all of one length, through time. */
  private void sequences(Frame frame, int direction, int from, int to, int length) {
    for (int i = 0; i < states.size(); i++) {
      start(frame, states.get(i), direction, from, to);
    }
    Slot hidden = states.getFirst().work();
    for (int step = 0; step < length; step++) {
      int t = form.isReverse(direction) ? length - 1 - step : step;
      cell.advance(frame, direction, t, from, to);
      if (all != null) {
        for (int b = from; b < to; b++) {
          copyRow(frame, hidden, form.workAt(direction, b), all, form.outputAt(t, direction, b));
        }
      }
    }
    for (int t = length; all != null && t < form.time(); t++) {
      for (int b = from; b < to; b++) {
        zeroRow(frame, all, form.outputAt(t, direction, b));
      }
    }
    for (int i = 0; i < states.size(); i++) {
      finish(frame, states.get(i), direction, from, to);
    }
  }

  private void start(Frame frame, State state, int direction, int from, int to) {
    for (int b = from; b < to; b++) {
      if (state.initial == null) {
        zeroRow(frame, state.work, form.workAt(direction, b));
      } else {
        copyRow(
            frame,
            state.initial,
            form.stateAt(direction, b),
            state.work,
            form.workAt(direction, b));
      }
    }
  }

  private void finish(Frame frame, State state, int direction, int from, int to) {
    for (int b = from; state.last != null && b < to; b++) {
      copyRow(frame, state.work, form.workAt(direction, b), state.last, form.stateAt(direction, b));
    }
  }

  private void copyRow(Frame frame, Slot src, long from, Slot dst, long to) {
    MemorySegment.copy(
        frame.segment(src),
        frame.at(src) + 4 * from,
        frame.segment(dst),
        frame.at(dst) + 4 * to,
        4L * form.hidden());
  }

  private void zeroRow(Frame frame, Slot dst, long to) {
    MemorySegment data = frame.segment(dst);
    long at = frame.at(dst) + 4 * to;
    for (int i = 0; i < form.hidden(); i++) {
      data.set(Tensor.F32, at + 4L * i, 0);
    }
  }

  @Override
  public String kernel() {
    return cell.kernels();
  }
}
