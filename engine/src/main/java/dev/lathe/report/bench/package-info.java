/** Layer 10: models timed side by side, and what is said about the times. */
@NullMarked
package dev.lathe.report.bench;

import org.jspecify.annotations.NullMarked;
