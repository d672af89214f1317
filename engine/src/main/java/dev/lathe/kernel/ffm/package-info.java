/** Layer 5: kernels written in C, called through the foreign function interface. */
@NullMarked
package dev.lathe.kernel.ffm;

import org.jspecify.annotations.NullMarked;
