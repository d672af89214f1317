package dev.lathe.kernel;

/**
 * One axis of a sliding window whose input is split by stride, so that each tap reads every output
 * position's input at a constant distance:
 *
 * <pre>
 * tap t of output o reads input  stride * o + t * dilation - pad  =  stride * (o + shift(t)) + rest
 *                                lane(t) stands for the rest, of which a window meets only some
 * lane q, cell c holds input     stride * (c + origin) + rest(q), or zero outside [0, in)
 * so tap t of output o reads     lane(t), cell o + shift(t) - origin
 * </pre>
 *
 * @param in elements of the input
 * @param out elements of the output
 * @param kernel taps
 */
public record SlabAxis(int in, int out, int kernel, int stride, int dilation, int pad) {

  /** An axis that is not slid over. */
  public static SlabAxis of(int extent) {
    return new SlabAxis(extent, extent, 1, 1, 1, 0);
  }

  /** Lanes that the taps meet. */
  public int lanes() {
    return Math.min(kernel, cycle());
  }

  /** Which lane tap {@code t} reads. */
  public int lane(int t) {
    return t % cycle();
  }

  /** Cells between the first and the last tap's input of one output. */
  public int reach() {
    return shift(kernel - 1) - origin();
  }

  /** Cell that tap {@code t} of output 0 reads, in [0, reach]. */
  public int cell(int t) {
    return shift(t) - origin();
  }

  /** The input of a lane's cell; may lie outside [0, in). */
  public int input(int lane, int cell) {
    return stride * (cell + origin()) + Math.floorMod(lane * dilation - pad, stride);
  }

  /** First cell of a lane whose input is not before the first. */
  public int cellFrom(int lane) {
    return Math.max(0, Math.ceilDiv(-input(lane, 0), stride));
  }

  /** End of a lane's cells whose input is not after the last. */
  public int cellTo(int lane) {
    return Math.max(0, Math.ceilDiv(in - input(lane, 0), stride));
  }

  private int origin() {
    return shift(0);
  }

  private int shift(int t) {
    return Math.floorDiv(t * dilation - pad, stride);
  }

  /** Taps after which the rests repeat. */
  private int cycle() {
    return stride / gcd(stride, dilation);
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
