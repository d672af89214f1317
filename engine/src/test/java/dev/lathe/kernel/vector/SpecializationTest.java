package dev.lathe.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.cpu.Isa;
import dev.lathe.error.InternalException;
import dev.lathe.kernel.Kernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SpecializationTest {

  @ParameterizedTest
  @EnumSource(names = {"VECTOR128", "VECTOR256", "VECTOR512"})
  void eachTierHasItsOwnSpecies(Isa isa) {
    Kernel kernel = Specialization.of(LaneCounter.class, isa);

    assertThat(kernel.name()).hasToString("f32_lanes_1x" + isa.vectorBits() / 32 + "__" + isa.id());
    assertThat(kernel.getClass()).isNotEqualTo(LaneCounter.class);
    assertThat(kernel.getClass().isHidden()).isTrue();
  }

  @Test
  void templateItselfIsUnusable() {
    assertThatThrownBy(LaneCounter::new)
        .isInstanceOf(ExceptionInInitializerError.class)
        .hasCauseInstanceOf(InternalException.class);
  }
}
