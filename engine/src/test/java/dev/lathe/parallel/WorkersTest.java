package dev.lathe.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void everyWorkerRunsOnce(int size) {
    try (Workers workers = new Workers(size)) {
      for (int round = 0; round < 200; round++) {
        AtomicIntegerArray calls = new AtomicIntegerArray(size);
        workers.run((worker, barrier) -> calls.incrementAndGet(worker));
        for (int worker = 0; worker < size; worker++) {
          assertThat(calls.get(worker)).isEqualTo(1);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void whatWasWrittenBeforeABarrierIsSeenAfterIt(int size) {
    int phases = 300;
    int[] plain = new int[size];
    AtomicInteger wrong = new AtomicInteger();
    try (Workers workers = new Workers(size)) {
      workers.run(
          (worker, barrier) -> {
            for (int phase = 1; phase <= phases; phase++) {
              plain[worker] = phase;
              barrier.await(worker);
              for (int value : plain) {
                if (value != phase) {
                  wrong.incrementAndGet();
                }
              }
              barrier.await(worker);
            }
          });
    }
    assertThat(wrong).hasValue(0);
  }

  @Test
  void aCrewOfOneStaysOnTheCallersThread() {
    Thread[] seen = new Thread[1];
    try (Workers workers = new Workers(1)) {
      workers.run((worker, barrier) -> seen[0] = Thread.currentThread());
    }
    assertThat(seen[0]).isSameAs(Thread.currentThread());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void aFailureReleasesTheOthersAndIsThrown(int failing) {
    try (Workers workers = new Workers(3)) {
      Assertions.assertTimeoutPreemptively(
          PATIENCE,
          () ->
              assertThatThrownBy(
                      () ->
                          workers.run(
                              (worker, barrier) -> {
                                if (worker == failing) {
                                  throw new IllegalArgumentException("worker " + worker);
                                }
                                barrier.await(worker);
                              }))
                  .isInstanceOf(IllegalArgumentException.class)
                  .hasMessage("worker " + failing));

      AtomicInteger calls = new AtomicInteger();
      Assertions.assertTimeoutPreemptively(
          PATIENCE,
          () ->
              workers.run(
                  (worker, barrier) -> {
                    barrier.await(worker);
                    calls.incrementAndGet();
                  }));
      assertThat(calls).hasValue(3);
    }
  }

  @Test
  void closeIsIdempotentAndLaterRunsAreRefused() {
    Workers workers = new Workers(2);
    workers.close();
    workers.close();
    assertThatThrownBy(() -> workers.run((worker, barrier) -> {}))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void callersTakeTurns() throws InterruptedException {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (Workers workers = new Workers(2)) {
      Thread[] callers = new Thread[4];
      for (int i = 0; i < callers.length; i++) {
        callers[i] =
            Thread.ofPlatform()
                .start(
                    () -> {
                      for (int round = 0; round < 50; round++) {
                        workers.run(
                            (worker, barrier) -> {
                              if (worker == 0) {
                                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                              }
                              barrier.await(worker);
                              if (worker == 0) {
                                inside.decrementAndGet();
                              }
                            });
                      }
                    });
      }
      for (Thread caller : callers) {
        caller.join();
      }
    }
    assertThat(most).hasValue(1);
  }
}
