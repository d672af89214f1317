/** Layer 9: weights that share values: codebooks, hashed buckets, tied filters and layers. */
@NullMarked
package dev.lathe.compress.share;

import org.jspecify.annotations.NullMarked;
