/** Layer 15: pages that need nothing else, and where things lie in their plots. */
@NullMarked
package dev.lathe.report.html;

import org.jspecify.annotations.NullMarked;
