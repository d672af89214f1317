package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnxruntime.OrtException;
import dev.lathe.error.InvalidModelException;
import dev.lathe.graph.Attribute;
import dev.lathe.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Counts of n-grams against ONNX Runtime. */
class TfIdfVectorizerTest {

  private static final Tensor ROWS =
      Tensor.of(new int[] {1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8}, 2, 6);

  private static OperatorCase vectorizer(String mode, long shortest, long longest, long skips) {
    return op("TfIdfVectorizer", 9)
        .with("mode", mode)
        .with("min_gram_length", shortest)
        .with("max_gram_length", longest)
        .with("max_skip_count", skips)
        .with("ngram_counts", new long[] {0, 4})
        .with("ngram_indexes", new long[] {3, 0, 1, 2, 6, 5, 4})
        .with("pool_int64s", new long[] {2, 3, 5, 4, 5, 6, 7, 8, 6, 7});
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 0", "2, 2, 0", "2, 2, 1", "2, 2, 5", "1, 2, 0", "1, 2, 5"})
  void grams(long shortest, long longest, long skips) throws OrtException {
    vectorizer("TF", shortest, longest, skips).fed(ROWS).check();
    vectorizer("TF", shortest, longest, skips)
        .fed(Tensor.of(new long[] {7, 8, 6, 7, 5, 3, 3, 6}, 8))
        .check();
    for (String mode : List.of("IDF", "TFIDF")) {
      vectorizer(mode, shortest, longest, skips)
          .with("weights", new Attribute.Reals(List.of(1f, 2f, 3f, 4f, 5f, 6f, 7f)))
          .fed(ROWS)
          .check();
      vectorizer(mode, shortest, longest, skips).fed(ROWS).check();
    }
  }

  @Test
  void poolsThatDoNotDivideAreRefused() {
    OperatorCase each = vectorizer("TF", 1, 2, 0).with("ngram_counts", new long[] {0, 3}).fed(ROWS);
    assertThatExceptionOfType(InvalidModelException.class)
        .isThrownBy(each::run)
        .withMessageContaining("n-grams");
  }
}
