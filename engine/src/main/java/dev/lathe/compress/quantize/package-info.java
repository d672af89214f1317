/** Layer 9: from a float network and ranges to one of 8-bit weights and activations. */
@NullMarked
package dev.lathe.compress.quantize;

import org.jspecify.annotations.NullMarked;
