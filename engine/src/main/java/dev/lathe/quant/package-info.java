/** Layer 1: the integer arithmetic contract as pure functions; see docs/numerics.md. */
@NullMarked
package dev.lathe.quant;

import org.jspecify.annotations.NullMarked;
