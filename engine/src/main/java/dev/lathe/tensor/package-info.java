/** Layer 0: what bytes mean. Data types, shapes and tensors over memory segments; no arithmetic. */
@NullMarked
package dev.lathe.tensor;

import org.jspecify.annotations.NullMarked;
