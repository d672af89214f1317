/** Layer 9: runs networks: passes, plans per input shape, concurrent invocations. */
@NullMarked
package dev.lathe.runtime;

import org.jspecify.annotations.NullMarked;
