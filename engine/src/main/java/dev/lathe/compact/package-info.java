/**
 * The compact file, {@code *.lathe}: a network whose initializers are stored in the fewest bytes
 * that give them back bit for bit. {@link dev.lathe.compact.CompactReader} and {@link
 * dev.lathe.compact.CompactWriter} are the entry points; {@code docs/compact.md} describes the
 * bytes.
 *
 * <p>A form of storing elements is one file and one line in {@link dev.lathe.compact.Forms}.
 */
@NullMarked
package dev.lathe.compact;

import org.jspecify.annotations.NullMarked;
