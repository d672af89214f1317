/** Layer 7: one file per operator or tight family. */
@NullMarked
package dev.lathe.op;

import org.jspecify.annotations.NullMarked;
