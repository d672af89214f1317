package dev.lathe.parallel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Where the workers of a crew meet between phases of a task. A failure of one releases all the
 * others.
 */
public final class Barrier {

  /** Thrown at the workers that wait for one that failed. */
  static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Broken() {
      super("another worker failed", null, false, false);
    }
  }

  private static final int SPINS = 4_000;

  private final int size;
  private final AtomicInteger arrived = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicReferenceArray<@Nullable Thread> waiting;
  private volatile int phase;
  private volatile @Nullable Throwable failure;

  Barrier(int size) {
    this.size = size;
    this.waiting = new AtomicReferenceArray<>(size);
  }

  public int size() {
    return size;
  }

  /**
   * Waits until all workers have called this; what they wrote before is visible to all afterwards.
   *
   * @param worker the caller's number
   */
  public void await(int worker) {
    if (size == 1) {
      return;
    }
    int current = phase;
    if (arrived.incrementAndGet() == size) {
      arrived.set(0);
      phase = current + 1;
      wakeAll();
    } else {
      waiting.set(worker, Thread.currentThread());
      for (int spins = 0; phase == current && failure == null; spins++) {
        if (spins < SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
        }
      }
    }
    if (failure != null) {
      throw new Broken();
    }
  }

  private void wakeAll() {
    for (int worker = 0; worker < size; worker++) {
      LockSupport.unpark(waiting.get(worker));
    }
  }

  void reset() {
    arrived.set(0);
    running.set(size - 1);
    failure = null;
  }

  /** A worker other than 0 has finished the task. */
  void leave() {
    if (running.decrementAndGet() == 0) {
      LockSupport.unpark(waiting.get(0));
    }
  }

  /** Worker 0 waits for the others to finish. */
  void awaitAll() {
    waiting.set(0, Thread.currentThread());
    for (int spins = 0; running.get() > 0; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
      }
    }
  }

  void fail(Throwable cause) {
    failure = cause;
    wakeAll();
  }

  void rethrow() {
    Throwable cause = failure;
    switch (cause) {
      case null -> {}
      case RuntimeException unchecked -> throw unchecked;
      case Error error -> throw error;
      default -> throw new IllegalStateException(cause);
    }
  }
}
