/** What one model has and another has not. */
@NullMarked
package dev.lathe.report.diff;

import org.jspecify.annotations.NullMarked;
