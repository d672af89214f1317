/** Layer 8: labelled samples from files, and what is done to them before a model sees them. */
@NullMarked
package dev.lathe.data;

import org.jspecify.annotations.NullMarked;
