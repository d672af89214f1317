/** Layer 10: what stands in the way of running a model here, and what it would gain from int8. */
@NullMarked
package dev.lathe.report.doctor;

import org.jspecify.annotations.NullMarked;
