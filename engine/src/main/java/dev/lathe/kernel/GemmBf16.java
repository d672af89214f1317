package dev.lathe.kernel;

/**
 * {@link GemmFloat} with both operands rounded to bfloat16 (to nearest, ties to even) before they
 * are multiplied; products are exact and summed in fp32.
 *
 * <p>An output differs from the exact sum of the given operands by at most {@code (2^-7 + (depth +
 * 2) * 2^-23) * sum |a * b|}: two roundings of 2^-8 and one of each addition. The order of
 * additions is a tier's own, so tiers may differ in last bits; on one tier results do not depend on
 * the thread count. Denormals may count as 0.
 */
public interface GemmBf16 extends GemmFloat {}
