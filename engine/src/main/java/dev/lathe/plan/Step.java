package dev.lathe.plan;

/**
 * One executable unit of a plan. Immutable and shared by all concurrent runs: everything a run
 * changes is in its frame.
 *
 * <p>The work is split statically: the executor calls {@link #run} once for every part in [0,
 * parts), possibly at the same time on several threads, and starts the next step when all have
 * returned. The result must not depend on the number of parts. Must not allocate.
 */
public interface Step {

  /**
   * Into how many parts to split the work when {@code threads} threads are there, between 1 and
   * {@code threads}.
   */
  int parts(int threads);

  void run(Frame frame, int part, int parts);

  /**
   * Names of the kernels this step runs, for profiles and proofs; plain data movement names itself,
   * such as {@code transpose}.
   */
  String kernel();
}
