package dev.lathe.compress.prune;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;

/**
 * Blocks of {@code rows} filters by {@code columns} input channels of one tap; 1 by 1 is single
 * weights. Blocks at the edge of a matrix are smaller, and none spans two conv groups.
 */
record Block(int rows, int columns) implements Granularity {

  Block {
    if (rows < 1 || columns < 1) {
      throw new UsageException(
          new Problem(
              "a block has at least one row and one column",
              "granularity " + rows + "x" + columns,
              "",
              "use 1x4 or 4x4"));
    }
  }

  @Override
  public String name() {
    return rows == 1 && columns == 1 ? "weight" : rows + "x" + columns;
  }

  @Override
  public Partition partition(WeightView view) {
    int down = Math.ceilDiv(view.n(), rows);
    int across = Math.ceilDiv(view.channels(), columns);
    return new Partition() {
      @Override
      public int count() {
        return view.batches() * down * view.taps() * across;
      }

      @Override
      public int group(int batch, int row, int tap, int channel) {
        return ((batch * down + row / rows) * view.taps() + tap) * across + channel / columns;
      }
    };
  }
}
