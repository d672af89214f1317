/** Model files: which format a file has, by its content when read and by its name when written. */
@NullMarked
package dev.lathe.file;

import org.jspecify.annotations.NullMarked;
