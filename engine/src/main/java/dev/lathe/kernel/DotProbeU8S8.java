package dev.lathe.kernel;

/**
 * Does nothing but the products of uint8 by int8 of a tier, in registers, in independent chains:
 * what it reaches is the peak that products on that tier are measured against. {@link FmaProbeF32}
 * is the peak of tiers without an instruction for 8-bit products.
 *
 * <p>Chain {@code c} starts at {@code c}, and every round adds 3 * -2 per product. The tile part of
 * its name is {@code <chains>x<lanes>c<products per lane and round>}.
 */
public interface DotProbeU8S8 extends Kernel {

  /** Multiply-accumulates of one round. */
  long macsPerRound();

  /** The sum of all chains' first lanes after some rounds, as int32 that wraps. */
  int run(long rounds);
}
