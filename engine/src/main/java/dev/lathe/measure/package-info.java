/**
 * Layer 9: honest time measurement. Steady state, latency quantiles, interleaved comparisons with
 * confidence intervals, and the interface a peer engine implements.
 */
@NullMarked
package dev.lathe.measure;

import org.jspecify.annotations.NullMarked;
