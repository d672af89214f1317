package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.InvalidModelException;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** The alignment of operands before opset 7. */
class OldBroadcastTest {

  @Test
  void theAxisSaysWhereTheSecondOperandStarts() {
    OperatorCase sum = op("Sub", 6).with("broadcast", 1).with("axis", 1).f32(2, 3, 4, 5);
    float[] lhs = sum.latest().toFloats();
    float[] rhs = sum.f32(3, 4).latest().toFloats();
    Tensor y = sum.run().getFirst();
    assertThat(y.shape()).isEqualTo(Shape.of(2, 3, 4, 5));
    for (int i = 0; i < lhs.length; i++) {
      assertThat(y.f32(i)).isEqualTo(lhs[i] - rhs[i / 5 % 12]);
    }
  }

  @Test
  void slopesBelongToChannels() {
    OperatorCase prelu = op("PRelu", 6).f32(2, 3, 4);
    float[] x = prelu.latest().toFloats();
    float[] slope = prelu.f32(3).latest().toFloats();
    Tensor y = prelu.run().getFirst();
    for (int i = 0; i < x.length; i++) {
      assertThat(y.f32(i)).isEqualTo(x[i] < 0 ? x[i] * slope[i / 4 % 3] : x[i]);
    }
  }

  @Test
  void aSecondOperandThatDoesNotFitIsRefused() {
    assertThatThrownBy(op("Add", 6).with("broadcast", 1).with("axis", 2).f32(2, 3).f32(3)::run)
        .isInstanceOf(InvalidModelException.class);
    assertThatThrownBy(op("Add", 6).with("broadcast", 1).with("axis", 1).f32(2, 3).f32(3, 4)::run)
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("3x4 does not fit 2x3");
  }
}
