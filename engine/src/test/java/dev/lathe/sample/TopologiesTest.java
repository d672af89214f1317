package dev.lathe.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.UsageException;
import dev.lathe.graph.GraphVerifier;
import dev.lathe.graph.Network;
import dev.lathe.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopologiesTest {

  /** Published parameter counts; batch normalization folded, so half of its parameters are gone. */
  @ParameterizedTest
  @CsvSource({
    "resnet18, 11684712",
    "resnet50, 25530472",
    "mobilenet_v2, 3487816",
    "squeezenet1_1, 1235496",
    "lenet5, 61706",
  })
  void haveThePublishedNumberOfParameters(String name, long parameters) {
    Network network = Topologies.build(name, 1);

    long counted =
        network.graph().constants().entrySet().stream()
            .filter(constant -> constant.getKey().contains("."))
            .mapToLong(constant -> constant.getValue().elements())
            .sum();
    assertThat(counted).isEqualTo(parameters);
    GraphVerifier.verify(network.graph());
  }

  @Test
  void equalSeedsGiveEqualWeights() {
    assertThat(firstWeights(1)).isEqualTo(firstWeights(1)).isNotEqualTo(firstWeights(2));
  }

  private static float[] firstWeights(long seed) {
    Tensor weights = Topologies.build("lenet5", seed).graph().constants().get("conv1.weight");
    assertThat(weights).isNotNull();
    return weights == null ? new float[0] : weights.toFloats();
  }

  @Test
  void anUnknownNameIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> Topologies.build("resnet19", 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("resnet18");
  }
}
