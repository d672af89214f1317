/** Layer 3: packed layouts, one class each; data movement, no arithmetic. */
@NullMarked
package dev.lathe.kernel.pack;

import org.jspecify.annotations.NullMarked;
