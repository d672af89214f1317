/** Layer 15: what kernels cost on this processor, and where sparse ones begin to pay. */
@NullMarked
package dev.lathe.report.kernels;

import org.jspecify.annotations.NullMarked;
