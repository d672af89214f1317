/** Layer 13: products of low rank in the place of one. */
@NullMarked
package dev.lathe.compress.factorize;

import org.jspecify.annotations.NullMarked;
