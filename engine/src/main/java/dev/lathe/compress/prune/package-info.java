/** Layer 9: sets the weights that matter least to zero. */
@NullMarked
package dev.lathe.compress.prune;

import org.jspecify.annotations.NullMarked;
