package dev.lathe.kernel.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.SlabAxis;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.dispatch.SparseCosts.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SparseCostsTest {

  private static final SparseCosts COSTS = SparseCosts.assumed(Kind.F32, Isa.VECTOR256);

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

  /** In blocks of 1x4 and 4x4, as the kernels of every tier that has some leave them out. */
  @ParameterizedTest
  @EnumSource(names = {"AVX2", "AVXVNNI", "AVX512VNNI"})
  void theBreakEvenOfIntegersIsOneOfBlocks(Isa isa) {
    SparseCosts costs = SparseCosts.assumed(Kind.U8S8, isa);
    SlabShape shape = costs.shape(SlabAxis.of(784), SlabAxis.of(1), 512, 128, 512, 128);
    for (int nr : new int[] {1, 4}) {
      double sparsity = costs.breakEven(shape, nr);
      assertThat(sparsity).isBetween(0.01, 0.99);
      double entries = (1 - sparsity) * (512 / 4.0) * (128.0 / nr);
      assertThat(costs.sparse(shape, 1, nr, entries) / costs.dense(shape, 1))
          .isCloseTo(1, within(1e-9));
    }
  }

  /** The Vector API's kernels of integers are those of float32: single weights may be left out. */
  @Test
  void withoutNativeKernelsSingleIntegersCount() {
    SparseCosts costs = SparseCosts.assumed(Kind.U8S8, Isa.VECTOR256);
    SlabShape shape = costs.shape(SlabAxis.of(784), SlabAxis.of(1), 510, 128, 512, 128);
    assertThat(shape.planes()).isEqualTo(510);
    assertThat(costs.singles()).isTrue();
    assertThat(costs.places(shape)).isEqualTo(510);
    assertThat(costs.block(1)).isEqualTo("1x1");
    assertThat(costs.breakEven(shape, 1)).isBetween(0.2, 0.8);
  }

  @Test
  void onAmxBlocksAre16x64() {
    SparseCosts costs = SparseCosts.assumed(Kind.U8S8, Isa.AMX);
    SlabShape shape = costs.shape(SlabAxis.of(784), SlabAxis.of(1), 512, 128, 512, 128);
    double sparsity = costs.breakEven(shape, 4);
    assertThat(sparsity).isBetween(0.1, 0.9);
    double entries = (1 - sparsity) * (512 / 64.0) * (128 / 16.0);
    assertThat(costs.sparse(shape, 1, 16, entries) / costs.dense(shape, 1))
        .isCloseTo(1, within(1e-9));
    assertThat(costs.block(1)).isEqualTo("16x64");
  }

  /** 13 vectors are tiles of 7 and 6. */
  @Test
  void tilesOfIntegersAreEven() {
    SparseCosts.Lists lists = SparseCosts.assumed(Kind.U8S8, Isa.AVX2).single();
    assertThat(lists.tiles(SparseForm.PAIRS, 96, 96)).isEqualTo(1);
    assertThat(lists.tiles(SparseForm.PAIRS, 97, 96))
        .isCloseTo(0.24 + 0.88 * 13 / 12, within(1e-12));
    assertThat(lists.tiles(SparseForm.PAIRS, 1, 96)).isCloseTo(0.12 + 0.88 / 12, within(1e-12));
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
    assertThat(single.tiles(SparseForm.SINGLES, 96, 96)).isEqualTo(1);
    assertThat(single.tiles(SparseForm.SINGLES, 32, 96)).isEqualTo(0.6);
    assertThat(single.tiles(SparseForm.SINGLES, 33, 96)).isEqualTo(0.7);
    assertThat(COSTS.quad().tiles(SparseForm.SINGLES, 17, 96)).isCloseTo(2 / 6.0, within(1e-12));
  }
}
