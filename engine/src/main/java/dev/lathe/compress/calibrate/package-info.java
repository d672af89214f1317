/** Layer 9: ranges of activations, observed while the float network runs over data. */
@NullMarked
package dev.lathe.compress.calibrate;

import org.jspecify.annotations.NullMarked;
