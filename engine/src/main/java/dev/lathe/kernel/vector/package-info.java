/** Layer 4: kernels on the Vector API; the only package that imports it. */
@NullMarked
package dev.lathe.kernel.vector;

import org.jspecify.annotations.NullMarked;
