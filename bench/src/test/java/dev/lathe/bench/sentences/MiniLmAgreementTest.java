package dev.lathe.bench.sentences;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.bench.OrtPeer;
import dev.lathe.measure.Peer.PeerSession;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.report.Difference;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** all-MiniLM-L6-v2 in fp32 against ONNX Runtime. */
class MiniLmAgreementTest {

  private static final double LIMIT = 1e-4;
  private static final int VOCABULARY = 30522;

  private static NetworkRunner ours;
  private static PeerSession theirs;

  @BeforeAll
  static void open(@TempDir Path folder) throws IOException {
    Path file = MiniLm.extract(folder);
    ours = new NetworkRunner(OnnxReader.read(file), RunOptions.standard().withThreads(2));
    theirs = new OrtPeer().open(file, 1);
  }

  @AfterAll
  static void close() {
    ours.close();
    theirs.close();
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "16, 1", "128, 1", "512, 1", "1, 4", "16, 4", "128, 4", "512, 4"})
  void agrees(int sequence, int batch) {
    List<Tensor> inputs = random(sequence, batch);
    Difference difference =
        Difference.of("hidden", ours.run(inputs).getFirst(), theirs.run(inputs).getFirst());
    assertThat(difference.relative()).isLessThanOrEqualTo(LIMIT);
  }

  /** Random tokens; the sequences after the first are padded, each more than the one before. */
  private static List<Tensor> random(int sequence, int batch) {
    Random random = new Random(sequence * 31L + batch);
    long[] ids = random.longs((long) sequence * batch, 0, VOCABULARY).toArray();
    long[] mask = new long[ids.length];
    for (int b = 0; b < batch; b++) {
      int kept = Math.max(1, sequence - b * sequence / 5);
      Arrays.fill(mask, b * sequence, b * sequence + kept, 1);
    }
    return MiniLm.inputs(ids, mask, batch);
  }

  @Test
  void everyDecomposedOperatorIsRecognized() {
    List<String> operators =
        ours
            .planFor(
                random(16, 1).stream()
                    .map(tensor -> dev.lathe.graph.TensorFact.of(tensor.dtype(), tensor.shape()))
                    .toList())
            .steps()
            .stream()
            .map(step -> step.node().qualifiedOp())
            .toList();
    assertThat(operators).filteredOn(name -> name.equals("Attention")).hasSize(6);
    assertThat(operators).filteredOn(name -> name.equals("LayerNormalization")).hasSize(13);
    assertThat(operators).doesNotContain("Erf", "Softmax", "ReduceMean", "MatMul", "Transpose");
  }
}
