/** Layer 11: how much each layer minds being compressed, and bits per layer chosen by it. */
@NullMarked
package dev.lathe.compress.sensitivity;

import org.jspecify.annotations.NullMarked;
