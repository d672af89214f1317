/** What Lathe tells people: environments, inspections, comparisons, HTML and JSON. */
@NullMarked
package dev.lathe.report;

import org.jspecify.annotations.NullMarked;
