package dev.lathe.kernel.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.cpu.Isa;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A processor whose tiers are known has those and no others; {@code .ci/arm64} names them. */
class ExpectedTiersTest {

  private static final String PROPERTY = "dev.lathe.test.tiers";

  @Test
  @EnabledIfSystemProperty(named = PROPERTY, matches = ".+")
  void areAvailable() {
    List<String> expected = List.of(System.getProperty(PROPERTY, "").split(",", -1));

    assertThat(Machine.here().tiers().stream().filter(Machine.Availability::available))
        .extracting(Machine.Availability::isa)
        .extracting(Isa::id)
        .containsExactlyElementsOf(expected);
  }
}
