/** Layer 8: graph passes, one file each, and their pipeline. */
@NullMarked
package dev.lathe.pass;

import org.jspecify.annotations.NullMarked;
