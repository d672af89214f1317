/** Layer 9: the weights that methods of compression change, as products read them. */
@NullMarked
package dev.lathe.compress.weights;

import org.jspecify.annotations.NullMarked;
