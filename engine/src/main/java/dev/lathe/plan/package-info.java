/** Layer 6: from a graph to executable steps in a planned arena; knows no concrete operator. */
@NullMarked
package dev.lathe.plan;

import org.jspecify.annotations.NullMarked;
