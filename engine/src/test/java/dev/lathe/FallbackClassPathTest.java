package dev.lathe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.kernel.dispatch.Machine;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.runtime.RunOptions;
import dev.lathe.sample.SampleData;
import dev.lathe.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** On the class path without {@code --add-modules jdk.incubator.vector}. */
class FallbackClassPathTest {

  @Test
  void networksRunOnThePlainKernels() {
    assertThat(ModuleLayer.boot().findModule("jdk.incubator.vector")).isEmpty();
    Model model = Model.of(OnnxReader.read(SampleData.MODEL.bytes()));
    try (Session session = Session.open(model, RunOptions.standard().withThreads(1))) {
      Map<String, Tensor> result =
          session.run(Map.of("image", Tensor.of(new float[28 * 28], 1, 1, 28, 28)));

      assertThat(result.get("logits")).isNotNull();
      assertThat(session.kernels(1))
          .filteredOn(use -> use.kernel().startsWith("f32_"))
          .isNotEmpty()
          .allSatisfy(use -> assertThat(use.kernel()).endsWith("__scalar"));
    }
  }

  @Test
  void theReasonIsGiven() {
    assertThat(Machine.here().tiers())
        .filteredOn(tier -> tier.isa().isVector())
        .hasSize(3)
        .allSatisfy(
            tier -> {
              assertThat(tier.available()).isFalse();
              assertThat(tier.why()).contains("--add-modules jdk.incubator.vector");
            });
  }
}
