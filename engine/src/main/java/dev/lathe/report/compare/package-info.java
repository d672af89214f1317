/** The ladder of bit-widths: what each costs in accuracy and gains in size and time. */
@NullMarked
package dev.lathe.report.compare;

import org.jspecify.annotations.NullMarked;
