package dev.lathe.kernel.dispatch;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.pack.SparseRowsF32;

/**
 * What an fp32 product costs on one tier, dense and sparse, in nanoseconds on one thread: a model
 * of {@link dev.lathe.kernel.GemmF32} and {@link dev.lathe.kernel.SpmmF32} whose constants are
 * measured ({@code lathe kernels --measure}) or, until then, are {@linkplain #assumed(Isa)
 * assumed}.
 *
 * <pre>
 * dense    macs * mac
 * sparse   tiles * (entries * entry + lists * list) + (inputs copied + outputs) * element
 * tiles    of {@link #tilePositions} positions; the last one costs what {@link Lists#tiles} says
 * </pre>
 *
 * <p>Only ratios matter to a choice between kernels, and results do not depend on it.
 *
 * @param isa the tier
 * @param measured whether the constants were measured on this processor
 * @param tilePositions positions of a sparse tile
 * @param mac of the dense product
 * @param single of lists of one output channel
 * @param quad of lists that four output channels share
 * @param element of turning an input or output round between channels last and first
 */
public record SparseCosts(
    Isa isa,
    boolean measured,
    int tilePositions,
    double mac,
    Lists single,
    Lists quad,
    double element) {

  /**
   * Lists that {@code nr} output channels share.
   *
   * @param entry nanoseconds per entry and tile
   * @param list nanoseconds per list and tile, whatever it holds
   */
  public record Lists(int nr, double entry, double list) {

    /** Tiles of no, one, two and three thirds, where an output channel has a list of its own. */
    private static final double[] ONE_BY_ONE = {0, 0.6, 0.7, 1};

    /** How many lists the output channels have in all chunks of the depth. */
    long count(SlabShape shape) {
      long chunks = Math.ceilDiv((long) shape.taps() * shape.k(), SparseRowsF32.CHUNK);
      return chunks * Math.ceilDiv(shape.n(), nr);
    }

    /** What some positions cost, in tiles of {@code tile}. */
    double tiles(int positions, int tile) {
      int rest = positions % tile;
      int thirds = Math.ceilDiv(3 * rest, tile);
      double last = nr == 1 ? ONE_BY_ONE[thirds] : Math.ceilDiv(6 * rest, tile) / 6.0;
      int whole = positions / tile;
      return whole + last;
    }
  }

  /**
   * Ratios as they were found on a Zen 3 core, for processors nothing was measured on: an entry
   * costs 2.2 dense multiply-adds per position, or 1.5 for each of four output channels.
   */
  public static SparseCosts assumed(Isa isa) {
    int tile = 12 * isa.vectorBits() / Float.SIZE;
    double mac = 3.0 / tile;
    return new SparseCosts(
        isa,
        false,
        tile,
        mac,
        new Lists(1, 2.2 * mac * tile, 10 * mac * tile),
        new Lists(4, 5.9 * mac * tile, 28 * mac * tile),
        13 * mac);
  }

  /** The same with other constants of the sparse products. */
  public SparseCosts with(double entry, double list, double element) {
    return new SparseCosts(
        isa,
        measured,
        tilePositions,
        mac,
        new Lists(single.nr, entry, list),
        new Lists(quad.nr, entry, list),
        element);
  }

  /** Of the dense product. */
  public double dense(SlabShape shape, int images) {
    double positions = (double) images * shape.height().out() * shape.width().out();
    return positions * shape.n() * shape.taps() * shape.k() * mac;
  }

  /** Of a sparse product with so many entries in lists of {@code nr} output channels. */
  public double sparse(SlabShape shape, int images, int nr, double entries) {
    Lists lists = nr == 1 ? single : quad;
    double perTile = entries * lists.entry + lists.count(shape) * lists.list;
    return images * (tiles(shape, lists) * perTile + turned(shape) * element);
  }

  /**
   * The sparsity from which on the sparse product is faster than the dense one, between 0 and 1; or
   * 1 when it never is.
   *
   * @param nr 1 for weights that are zero one by one, 4 for blocks of 4x4
   */
  public double breakEven(SlabShape shape, int nr) {
    double all = (double) shape.taps() * shape.k() * Math.ceilDiv(shape.n(), nr);
    double fixed = sparse(shape, 1, nr, 0);
    double perEntry = sparse(shape, 1, nr, 1) - fixed;
    double density = (dense(shape, 1) - fixed) / (perEntry * all);
    return Math.clamp(1 - density, 0, 1);
  }

  private double tiles(SlabShape shape, Lists lists) {
    int rows = shape.height().out();
    int blocks = rows / shape.blockRows();
    int rest = rows % shape.blockRows();
    double tiles = blocks * lists.tiles(shape.positions(shape.blockRows()), tilePositions);
    return rest == 0 ? tiles : tiles + lists.tiles(shape.positions(rest), tilePositions);
  }

  /** Elements that are copied to slabs, and outputs. */
  private static double turned(SlabShape shape) {
    int blocks = Math.ceilDiv(shape.height().out(), shape.blockRows());
    double cells =
        (double) shape.height().lanes()
            * shape.width().lanes()
            * (shape.height().out() + (double) blocks * shape.height().reach())
            * shape.pitch();
    return cells * shape.k() + (double) shape.height().out() * shape.width().out() * shape.n();
  }
}
