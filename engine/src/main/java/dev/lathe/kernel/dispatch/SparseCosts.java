package dev.lathe.kernel.dispatch;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.SlabAxis;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.pack.SparseTilesS8;

/**
 * What a product costs on one tier, dense and sparse, in nanoseconds on one thread: a model of
 * {@link dev.lathe.kernel.GemmF32} and {@link dev.lathe.kernel.SpmmF32}, or of {@link
 * dev.lathe.kernel.GemmU8S8} and {@link dev.lathe.kernel.SpmmU8S8}, whose constants are measured
 * ({@code lathe kernels --measure}) or, until then, are {@linkplain #assumed(Kind, Isa) assumed}.
 *
 * <pre>
 * dense    macs * mac + outputs * output
 * sparse   tiles * (entries * entry + lists * list) + (inputs copied + outputs) * element
 * tiles    of {@link #tilePositions} positions; those that are not full cost less
 * </pre>
 *
 * <p>Only ratios matter to a choice between kernels, and results do not depend on it.
 *
 * @param kind what is multiplied
 * @param isa the tier
 * @param measured whether the constants were measured on this processor
 * @param tilePositions positions of a sparse tile
 * @param mac of the dense product
 * @param output of the dense product's epilogue
 * @param single of lists of one output channel
 * @param quad of lists that four output channels share
 * @param element of turning 4 bytes of input or an output round between channels last and first
 */
public record SparseCosts(
    Kind kind,
    Isa isa,
    boolean measured,
    int tilePositions,
    double mac,
    double output,
    Lists single,
    Lists quad,
    double element) {

  /** What is multiplied. */
  public enum Kind {
    /** float32. */
    F32,
    /** uint8 times int8. */
    U8S8
  }

  /**
   * Lists that {@code nr} output channels share.
   *
   * @param entry nanoseconds per entry and tile
   * @param list nanoseconds per list and tile, whatever it holds
   */
  public record Lists(int nr, double entry, double list) {

    /** Tiles of no, one, two and three thirds, where an output channel has a list of its own. */
    private static final double[] ONE_BY_ONE = {0, 0.6, 0.7, 1};

    /** Vectors of a tile of integers, and what one without any costs. */
    private static final int VECTORS = 12;

    private static final double EMPTY = 0.12;

    /** What some positions cost, in tiles of {@code tile}. */
    double tiles(SparseForm form, int positions, int tile) {
      if (form != SparseForm.SINGLES) { // tiles are as even as possible
        double vectors = Math.ceilDiv((long) positions * VECTORS, tile);
        return EMPTY * Math.ceil(vectors / VECTORS) + (1 - EMPTY) * vectors / VECTORS;
      }
      int rest = positions % tile;
      int thirds = Math.ceilDiv(3 * rest, tile);
      double last = nr == 1 ? ONE_BY_ONE[thirds] : Math.ceilDiv(6 * rest, tile) / 6.0;
      int whole = positions / tile;
      return whole + last;
    }
  }

  /**
   * Ratios as they were found on a Zen 3 core, for processors nothing was measured on. An entry of
   * float32 costs 2.2 dense multiply-adds per position, or 1.5 for each of four output channels;
   * one of bytes 1.4 and 1 on the Vector API, or 1.8 and 1.3 of its four multiply-adds with AVX2,
   * whose dense product gets faster with zeros, too; what half of them give is taken for all. With
   * a dot product of bytes, where the load of the inputs is as dear as the product, it is taken for
   * twice that; nothing was measured.
   */
  public static SparseCosts assumed(Kind kind, Isa isa) {
    if (!isa.isNative()) {
      int tile = 12 * isa.vectorBits() / Float.SIZE;
      double mac = 3.0 / tile;
      return kind == Kind.F32
          ? of(kind, isa, tile, mac, 0, 2.2, 10, 5.9, 28, 13)
          : of(kind, isa, tile, mac, 0, 1.4, 16, 3.8, 32, 10);
    }
    double mac = isa == Isa.AVX2 ? 0.0115 : 0.005;
    double dot = isa == Isa.AVX2 ? 1.3 : 2;
    if (isa == Isa.AMX) {
      return amx();
    }
    int tile =
        switch (isa) {
          case AVX512VNNI -> 192;
          case NEONDOT, NEONI8MM -> 64;
          default -> 96;
        };
    return of(kind, isa, tile, mac, 25, 5.4 * dot, 4 * dot, 16 * dot, 40 * dot, 15 * dot);
  }

  /**
   * An entry of 16x64 weights is taken for a fifth dearer than the dense product: it loads five
   * tiles per four products, and that four. Nothing was measured.
   */
  private static SparseCosts amx() {
    double mac = 0.001;
    double entry = 1.2 * SparseTilesS8.NR * SparseTilesS8.KR * 64 * mac;
    Lists lists = new Lists(SparseTilesS8.NR, entry, entry);
    return new SparseCosts(Kind.U8S8, Isa.AMX, false, 64, mac, 48 * mac, lists, lists, 48 * mac);
  }

  /** Constants in dense multiply-adds, those of lists per position. */
  private static SparseCosts of(
      Kind kind,
      Isa isa,
      int tile,
      double mac,
      double output,
      double entry1,
      double list1,
      double entry4,
      double list4,
      double element) {
    double each = mac * tile;
    return new SparseCosts(
        kind,
        isa,
        false,
        tile,
        mac,
        output * mac,
        new Lists(1, entry1 * each, list1 * each),
        new Lists(4, entry4 * each, list4 * each),
        element * mac);
  }

  /** The same with other constants of the sparse products. */
  public SparseCosts with(double entry, double list, double element) {
    return new SparseCosts(
        kind,
        isa,
        measured,
        tilePositions,
        mac,
        output,
        new Lists(single.nr, entry, list),
        new Lists(quad.nr, entry, list),
        element);
  }

  /** A convolution as the sparse kernels of this tier compute it. */
  public SlabShape shape(
      SlabAxis height, SlabAxis width, int k, int n, long lhsStride, long dstStride) {
    int planes = form().planes(k);
    return SlabShape.of(height, width, k, planes, n, lhsStride, dstStride, tilePositions);
  }

  /** Of the dense product. */
  public double dense(SlabShape shape, int images) {
    double outputs = (double) images * shape.height().out() * shape.width().out() * shape.n();
    return outputs * ((double) shape.taps() * shape.k() * mac + output);
  }

  /** Of a sparse product with so many entries in lists of {@code nr} output channels. */
  public double sparse(SlabShape shape, int images, int nr, double entries) {
    Lists lists = lists(nr);
    double perTile = entries * lists.entry + count(shape, lists) * lists.list;
    return images * (tiles(shape, lists) * perTile + turned(shape) * element);
  }

  /**
   * The sparsity from which on the sparse product is faster than the dense one, between 0 and 1; or
   * 1 when it never is. Of blocks, for the kernels of {@link Kind#U8S8}.
   *
   * @param nr 1 for weights that are zero one by one, or in blocks of 1x4 where lists have no
   *     single ones; 4 for blocks of 4x4
   */
  public double breakEven(SlabShape shape, int nr) {
    double all = (double) places(shape) * Math.ceilDiv(shape.n(), lists(nr).nr);
    double fixed = sparse(shape, 1, nr, 0);
    double perEntry = sparse(shape, 1, nr, 1) - fixed;
    double density = (dense(shape, 1) - fixed) / (perEntry * all);
    return Math.clamp(1 - density, 0, 1);
  }

  private Lists lists(int nr) {
    return nr == 1 ? single : quad;
  }

  /** Whether lists may leave out single weights, not only four input channels at a time. */
  public boolean singles() {
    return form() == SparseForm.SINGLES;
  }

  private SparseForm form() {
    return SparseForm.of(kind, isa);
  }

  /** Places of the depth that may have an entry in a list. */
  long places(SlabShape shape) {
    return (long) shape.taps() * Math.ceilDiv(shape.k(), form().channels());
  }

  /** How many lists the output channels have in all chunks of the depth. */
  private long count(SlabShape shape, Lists lists) {
    long places = places(shape);
    return Math.ceilDiv(places, form().chunk()) * Math.ceilDiv(shape.n(), lists.nr);
  }

  /** The blocks that lists of {@code nr} output channels leave out, as {@code 4x4}. */
  public String block(int nr) {
    return form().block(nr);
  }

  private double tiles(SlabShape shape, Lists lists) {
    int rows = shape.height().out();
    int blocks = rows / shape.blockRows();
    int rest = rows % shape.blockRows();
    double tiles = blocks * lists.tiles(form(), shape.positions(shape.blockRows()), tilePositions);
    return rest == 0 ? tiles : tiles + lists.tiles(form(), shape.positions(rest), tilePositions);
  }

  /** Elements that are copied to slabs, and outputs. */
  private static double turned(SlabShape shape) {
    int blocks = Math.ceilDiv(shape.height().out(), shape.blockRows());
    double cells =
        (double) shape.height().lanes()
            * shape.width().lanes()
            * (shape.height().out() + (double) blocks * shape.height().reach())
            * shape.pitch();
    double outputs = (double) shape.height().out() * shape.width().out() * shape.n();
    return cells * shape.planes() + outputs;
  }
}
