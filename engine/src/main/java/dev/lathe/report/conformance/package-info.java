/** Layer 10: runs ONNX backend test cases and says how every one ended. */
@NullMarked
package dev.lathe.report.conformance;

import org.jspecify.annotations.NullMarked;
