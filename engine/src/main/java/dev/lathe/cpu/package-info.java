/** Layer 0: the vocabulary of instruction sets, and what this processor has. */
@NullMarked
package dev.lathe.cpu;

import org.jspecify.annotations.NullMarked;
