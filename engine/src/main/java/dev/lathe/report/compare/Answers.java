package dev.lathe.report.compare;

import dev.lathe.compress.Progress;
import dev.lathe.data.Batch;
import dev.lathe.data.Batches;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.ValueInfo;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/** What a classifier said about every sample of a data set, and what is true. */
final class Answers {

  private final int[] predicted;
  private final int[] labels;

  Answers(int[] predicted, int[] labels) {
    this.predicted = predicted;
    this.labels = labels;
  }

  /**
   * Runs a classifier over all samples; memory for one batch and two integers per sample.
   *
   * @throws UnsupportedException when the network is no classifier
   */
  static Answers of(NetworkRunner runner, Samples samples, String task, Progress progress) {
    IntStream.Builder predicted = IntStream.builder();
    IntStream.Builder labels = IntStream.builder();
    OptionalLong total = samples.evaluation().size();
    long start = System.nanoTime();
    long done = 0;
    try (Batches batches = samples.batches(runner.inputs().getFirst(), samples.batch())) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        Tensor scores = runner.run(List.of(batch.input())).getFirst();
        requireClasses(scores, batch, runner.outputs().getFirst());
        int classes = (int) (scores.elements() / scores.shape().dim(0));
        for (int i = 0; i < batch.count(); i++) {
          predicted.add(largest(scores, (long) i * classes, classes));
          labels.add(label(batch.labels().get(i), classes, samples));
        }
        done += batch.count();
        progress.update(
            new Progress.State(task, done, total, Duration.ofNanos(System.nanoTime() - start)));
      }
    }
    return new Answers(predicted.build().toArray(), labels.build().toArray());
  }

  /** Checks what can be told without running. */
  static void requireClassifier(NetworkRunner runner) {
    if (runner.inputs().size() != 1 || runner.outputs().size() != 1) {
      throw notAClassifier(
          "inputs " + runner.inputs() + ", outputs " + runner.outputs(),
          "one input and one output are needed");
    }
  }

  private static void requireClasses(Tensor scores, Batch batch, ValueInfo output) {
    int rank = scores.shape().rank();
    boolean perSample = rank >= 2 && scores.shape().dim(0) == batch.input().shape().dim(0);
    if (!perSample
        || scores.dtype() != DType.FLOAT32
        || scores.shape().dim(1) < 2
        || scores.shape().product(2, rank) != 1) {
      throw notAClassifier(
          "output " + output.name() + ": " + scores,
          "a float32 score per sample and class is needed");
    }
  }

  private static UnsupportedException notAClassifier(String where, String why) {
    return new UnsupportedException(
        new Problem(
            "the model is not a classifier",
            where,
            why,
            "compare measures top-1 accuracy; use 'quantize' and 'bench' for other models"));
  }

  private static int label(int label, int classes, Samples samples) {
    boolean none = !samples.evaluation().labelled();
    if ((label < 0 && !none) || label >= classes) {
      throw samples.wrongLabel(label, classes);
    }
    return label;
  }

  /** The first of the largest scores. */
  private static int largest(Tensor scores, long from, int classes) {
    int best = 0;
    for (int c = 1; c < classes; c++) {
      if (scores.f32(from + c) > scores.f32(from + best)) {
        best = c;
      }
    }
    return best;
  }

  int count() {
    return labels.length;
  }

  /** The same answers, held to be true. */
  Answers asTruth() {
    return new Answers(predicted, predicted);
  }

  /** The same answers under other labels. */
  Answers labelledBy(Answers truth) {
    return new Answers(predicted, truth.labels);
  }

  boolean agrees(Answers other, int sample) {
    return predicted[sample] == other.predicted[sample];
  }

  boolean correct(int sample) {
    return predicted[sample] == labels[sample];
  }
}
