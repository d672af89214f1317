package dev.lathe.kernel.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.SlabShape;
import org.junit.jupiter.api.Test;

class SparseCostsTest {

  private static final SparseCosts COSTS = SparseCosts.assumed(Isa.VECTOR256);

  @Test
  void atTheBreakEvenBothCostTheSame() {
    SlabShape shape = SlabShape.product(784, 512, 128, 512, 128, COSTS.tilePositions());
    for (int nr : new int[] {1, 4}) {
      double sparsity = COSTS.breakEven(shape, nr);
      assertThat(sparsity).isBetween(0.01, 0.99);
      double entries = (1 - sparsity) * 512 * 128 / nr;
      assertThat(COSTS.sparse(shape, 1, nr, entries) / COSTS.dense(shape, 1))
          .isCloseTo(1, within(1e-9));
    }
  }

  @Test
  void fewRowsNeverPay() {
    SlabShape row = SlabShape.product(1, 512, 512, 512, 512, COSTS.tilePositions());
    assertThat(COSTS.breakEven(row, 1)).isEqualTo(1);
  }

  /** 96 positions are a tile, 97 to 128 two of two thirds. */
  @Test
  void tilesThatAreNotFullCostLess() {
    SparseCosts.Lists single = COSTS.single();
    assertThat(single.tiles(96, 96)).isEqualTo(1);
    assertThat(single.tiles(32, 96)).isEqualTo(0.6);
    assertThat(single.tiles(33, 96)).isEqualTo(0.7);
    assertThat(COSTS.quad().tiles(17, 96)).isCloseTo(2 / 6.0, within(1e-12));
  }
}
