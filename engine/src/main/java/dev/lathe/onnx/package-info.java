/**
 * Layer 8: ONNX files to networks and back. {@link dev.lathe.onnx.OnnxReader} and {@link
 * dev.lathe.onnx.OnnxWriter} are the entry points.
 *
 * <p>The large messages (model, graph, node, attribute, tensor) are walked by {@link
 * dev.lathe.onnx.Wire} over the mapped file, the small ones inside are parsed by the generated
 * classes. So tensor contents are never copied, files may exceed the 2 GiB a Protobuf message is
 * limited to, every error knows its byte offset, and what isn't understood stays a slice of the
 * file that is written back as it was.
 */
@NullMarked
package dev.lathe.onnx;

import org.jspecify.annotations.NullMarked;
