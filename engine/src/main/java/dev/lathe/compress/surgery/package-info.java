/** Layer 11: which channels of a graph belong together, and how they are taken out of it. */
@NullMarked
package dev.lathe.compress.surgery;

import org.jspecify.annotations.NullMarked;
