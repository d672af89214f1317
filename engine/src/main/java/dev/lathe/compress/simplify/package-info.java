/** Simplification of a graph that keeps its answers and stays in standard operators. */
@NullMarked
package dev.lathe.compress.simplify;

import org.jspecify.annotations.NullMarked;
