/** Layer 9: how weights are coded in few bits, and what each code costs. */
@NullMarked
package dev.lathe.compress.scheme;

import org.jspecify.annotations.NullMarked;
