package dev.lathe.parallel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A fixed crew of threads that run one task together: every worker calls the task once, at the same
 * time, and they meet at barriers inside it. The calling thread is worker 0, so a crew of one
 * starts no thread at all. Waiting workers spin for some microseconds and then park.
 */
public final class Workers implements AutoCloseable {

  /** What the crew runs. */
  public interface Task {
    /**
     * Called once per worker.
     *
     * @param worker 0 .. {@code barrier.size() - 1}
     * @param barrier where the workers of this task meet
     */
    void run(int worker, Barrier barrier);
  }

  private static final int SPINS = 2_000;

  private final Thread[] threads;
  private final Barrier barrier;
  private final ReentrantLock turn = new ReentrantLock(true);

  private @Nullable Task task;
  private final AtomicInteger generation = new AtomicInteger();
  private volatile boolean closed;

  /** A crew of {@code size} workers, of which {@code size - 1} are daemon threads of its own. */
  public Workers(int size) {
    this.barrier = new Barrier(size);
    this.threads = new Thread[size - 1];
    for (int i = 0; i < threads.length; i++) {
      int worker = i + 1;
      threads[i] =
          Thread.ofPlatform()
              .daemon()
              .name("lathe-worker-" + worker)
              .unstarted(() -> serve(worker));
      threads[i].start();
    }
  }

  public int size() {
    return barrier.size();
  }

  /**
   * Runs a task with the whole crew and returns when all workers have finished. Calls from several
   * threads take turns.
   *
   * @throws IllegalStateException when the crew is closed
   */
  public void run(Task next) {
    turn.lock();
    try {
      if (closed) {
        throw new IllegalStateException("workers are closed");
      }
      barrier.reset();
      if (threads.length > 0) {
        task = next;
        generation.incrementAndGet();
        for (Thread thread : threads) {
          LockSupport.unpark(thread);
        }
      }
      attempt(next, 0);
      barrier.awaitAll();
      task = null;
      barrier.rethrow();
    } finally {
      turn.unlock();
    }
  }

  private void serve(int worker) {
    int seen = 0;
    while (true) {
      for (int spins = 0; generation.get() == seen && !closed; spins++) {
        if (spins < SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
        }
      }
      if (closed) {
        return;
      }
      seen = generation.get();
      Task current = task;
      if (current != null) {
        attempt(current, worker);
      }
      barrier.leave();
    }
  }

  private void attempt(Task current, int worker) {
    try {
      current.run(worker, barrier);
    } catch (Barrier.Broken broken) {
      // another worker failed and has recorded why
    } catch (Throwable failure) {
      barrier.fail(failure);
    }
  }

  /** Ends the crew's threads. Idempotent; waits for a running task. */
  @Override
  public void close() {
    turn.lock();
    try {
      closed = true;
      for (Thread thread : threads) {
        LockSupport.unpark(thread);
      }
    } finally {
      turn.unlock();
    }
  }
}
