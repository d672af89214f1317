/** Layer 2: kernel contracts: names, problems, packed layouts, epilogues. No implementation. */
@NullMarked
package dev.lathe.kernel;

import org.jspecify.annotations.NullMarked;
