/** ONNX Runtime as a peer to measure against, and JMH suites over the layers of known networks. */
@NullMarked
package dev.lathe.bench;

import org.jspecify.annotations.NullMarked;
