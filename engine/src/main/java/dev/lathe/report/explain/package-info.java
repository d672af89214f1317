/** Layer 15: why a model is as fast as it is: causes per layer, and what mending them would win. */
@NullMarked
package dev.lathe.report.explain;

import org.jspecify.annotations.NullMarked;
