/** Layer 0: how failures are described. Every message says what, where, why and what to do. */
@NullMarked
package dev.lathe.error;

import org.jspecify.annotations.NullMarked;
