/**
 * Well-known topologies with seeded random weights, for benchmarks without downloads, and the
 * trained sample network with its images.
 */
@NullMarked
package dev.lathe.sample;

import org.jspecify.annotations.NullMarked;
