package dev.lathe.compress.quantize;

import dev.lathe.quant.Levels;
import java.util.regex.Pattern;

/**
 * Width of some weights, other than that of all.
 *
 * @param nodes those whose name contains a match
 * @param bits 2 to 8
 */
public record LayerBits(Pattern nodes, int bits) {

  public LayerBits {
    if (bits < 2 || bits > Levels.MAX_BITS) {
      throw new IllegalArgumentException("bits must be 2 to 8, got " + bits);
    }
  }
}
