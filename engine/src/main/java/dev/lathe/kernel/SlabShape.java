package dev.lathe.kernel;

/**
 * A convolution over an NHWC image, or a product, as kernels of sparse weights compute it: block by
 * block of output rows. The block's inputs are first copied channels first, to a slab in which tap
 * t and plane c of consecutive output positions lie side by side:
 *
 * <pre>
 * slab       [planes][lanes of rows x lanes of columns][cellRows][pitch], planes planePitch apart
 * element    4 bytes: a channel of float32; of bytes four channels, or two widened to 16 bits
 * position   p = row of the block * pitch + column; columns from outWidth on are computed in vain
 * reads      slab[{@link #offset offset(t, c)} + p] for every tap and plane
 * </pre>
 *
 * <p>A product is a column of m rows one pixel wide: each position is a row of the left operand.
 *
 * @param k channels of the input that are reduced
 * @param planes elements they take in the slab
 * @param n output channels
 * @param lhsStride elements between input pixels
 * @param dstStride elements between output pixels
 * @param blockRows output rows of a block
 */
public record SlabShape(
    SlabAxis height,
    SlabAxis width,
    int k,
    int planes,
    int n,
    long lhsStride,
    long dstStride,
    int blockRows) {

  /** Bytes a slab may have, unless a single row of output needs more: half of a small L2. */
  private static final long SLAB_BYTES = 256 << 10;

  private static final int LINE = 16;

  /** Lines of a plane that are all read together. */
  private static final int MOST_ADJACENT = 8;

  /** A shape of float32 channels, a plane each, whose blocks fit the cache. */
  public static SlabShape of(
      SlabAxis height, SlabAxis width, int k, int n, long lhsStride, long dstStride, int tile) {
    return of(height, width, k, k, n, lhsStride, dstStride, tile);
  }

  /**
   * A shape whose blocks fit the cache.
   *
   * @param planes that k channels take
   * @param tile positions that are computed at a time
   */
  public static SlabShape of(
      SlabAxis height,
      SlabAxis width,
      int k,
      int planes,
      int n,
      long lhsStride,
      long dstStride,
      int tile) {
    long rowElements = (long) height.lanes() * width.lanes() * (width.out() + width.reach());
    long cells = SLAB_BYTES / 4 / planes / rowElements;
    int most = Math.clamp(cells - height.reach(), 1, height.out());
    int blocks = Math.ceilDiv(height.out(), most);
    int rows = Math.ceilDiv(height.out(), blocks);
    if (isColumn(width) && rows < height.out()) {
      rows = Math.min(height.out(), Math.max(1, most / tile) * tile);
    }
    return new SlabShape(height, width, k, planes, n, lhsStride, dstStride, rows);
  }

  /** {@code m} rows of k elements times a matrix. */
  public static SlabShape product(int m, int k, int n, long lhsStride, long dstStride, int tile) {
    return of(SlabAxis.of(m), SlabAxis.of(1), k, n, lhsStride, dstStride, tile);
  }

  /** Whether rows are a single pixel wide, so that cells of one lane of rows are neighbours. */
  public boolean isColumn() {
    return isColumn(width);
  }

  private static boolean isColumn(SlabAxis width) {
    return width.out() == 1 && width.kernel() == 1;
  }

  /** Positions between two rows of the slab. */
  public int pitch() {
    return width.out() + width.reach();
  }

  /** Rows of a lane of the slab. */
  public int cellRows() {
    return blockRows + height.reach();
  }

  /** Taps of the window. */
  public int taps() {
    return height.kernel() * width.kernel();
  }

  /** Elements between the lanes of a plane. */
  public int lanePitch() {
    return cellRows() * pitch();
  }

  /**
   * Elements between planes: an odd number of cache lines, lest all planes meet in the same sets,
   * unless a plane is all that is read of it.
   */
  public int planePitch() {
    int elements = Math.multiplyExact(height.lanes() * width.lanes(), lanePitch());
    int lines = Math.ceilDiv(elements, LINE);
    return LINE * (lines <= MOST_ADJACENT ? lines : lines | 1);
  }

  /** Elements of a slab that {@code tile} positions may be read from at any offset. */
  public long slabElements(int tile) {
    return Math.addExact(Math.multiplyExact((long) planes, planePitch()), tile);
  }

  /** Element of the slab that tap {@code t} and plane {@code c} of position 0 is. */
  public int offset(int t, int c) {
    int row = t / width.kernel();
    int column = t % width.kernel();
    int lane = height.lane(row) * width.lanes() + width.lane(column);
    int cell = height.cell(row) * pitch() + width.cell(column);
    return Math.toIntExact((long) c * planePitch() + (long) lane * lanePitch() + cell);
  }

  /** The plane that an element of the slab is in. */
  public int plane(int offset) {
    return offset / planePitch();
  }

  /**
   * The input pixel that the element {@code offset} after the position of an output holds, or -1
   * outside the image.
   */
  public long pixel(int offset, int row, int column) {
    int lane = offset % planePitch() / lanePitch();
    int cell = offset % planePitch() % lanePitch();
    int y = height.input(lane / width.lanes(), row + cell / pitch());
    int x = width.input(lane % width.lanes(), column + cell % pitch());
    boolean inside = y >= 0 && y < height.in() && x >= 0 && x < width.in();
    return inside ? (long) y * width.in() + x : -1;
  }

  /** Positions of a block of {@code rows} output rows. */
  public int positions(int rows) {
    return (rows - 1) * pitch() + width.out();
  }
}
