/** Layer 5: which kernels there are, which can run here, which is picked and why. */
@NullMarked
package dev.lathe.kernel.dispatch;

import org.jspecify.annotations.NullMarked;
