/** The {@code lathe} command line: one class per command. */
@NullMarked
package dev.lathe.cli;

import org.jspecify.annotations.NullMarked;
