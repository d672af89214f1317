/**
 * Layer 9: keeps the answers of a network whose weights are changed, from the second moments of
 * what each product reads.
 */
@NullMarked
package dev.lathe.compress.recover;

import org.jspecify.annotations.NullMarked;
