/** Layer 0: splits work over threads, deterministically. */
@NullMarked
package dev.lathe.parallel;

import org.jspecify.annotations.NullMarked;
