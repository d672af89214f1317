/** Layer 2: the intermediate representation: networks, graphs, nodes, facts, patches. Immutable. */
@NullMarked
package dev.lathe.graph;

import org.jspecify.annotations.NullMarked;
