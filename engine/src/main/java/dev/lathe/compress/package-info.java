/**
 * Layer 9: what every method of compression has in common: the contract, and samples to learn from.
 */
@NullMarked
package dev.lathe.compress;

import org.jspecify.annotations.NullMarked;
