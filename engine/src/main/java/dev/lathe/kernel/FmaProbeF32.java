package dev.lathe.kernel;

/**
 * Does nothing but fp32 fused multiply-adds, in registers, in independent chains: what it reaches
 * is the peak that products are measured against.
 *
 * <p>Every lane of chain {@code c} starts at {@code c} and becomes {@code fma(0.25, 0.25, x)} in
 * every round. {@value #CHAINS} chains hide a latency of four cycles on two units and, with the two
 * constants, fit the sixteen registers of AVX2.
 */
public interface FmaProbeF32 extends Kernel {

  int CHAINS = 12;

  /** Multiply-accumulates of one round. */
  int macsPerRound();

  /** The sum of all chains' first lanes after some rounds, added in order. */
  float run(int rounds);
}
