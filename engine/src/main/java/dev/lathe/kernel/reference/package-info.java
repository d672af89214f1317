/** Layer 4: plain kernels, one element at a time; oracle and fallback. */
@NullMarked
package dev.lathe.kernel.reference;

import org.jspecify.annotations.NullMarked;
