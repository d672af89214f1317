/** What an application imports: models and sessions. */
@NullMarked
package dev.lathe;

import org.jspecify.annotations.NullMarked;
