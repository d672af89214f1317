package dev.lathe.onnx;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names the files people take for ONNX models by mistake, by their first bytes. */
final class Magic {

  private record Signature(int offset, String bytes, String what) {}

  private static final List<Signature> SIGNATURES =
      List.of(
          new Signature(0, "version https://git-lfs", "a Git LFS pointer: run 'git lfs pull'"),
          new Signature(0, "\u0089LATHE", "a compact file of Lathe: read it with Model.load"),
          new Signature(0, "\u0089PNG", "a PNG image"),
          new Signature(0, "\u00ff\u00d8\u00ff", "a JPEG image"),
          new Signature(0, "\u0089HDF", "an HDF5 file (Keras?): convert it with tf2onnx"),
          new Signature(0, "PK\3\4", "a ZIP archive (PyTorch or NumPy?): export the model to ONNX"),
          new Signature(0, "\u001f\u008b", "a gzip archive: unpack it"),
          new Signature(0, "\u0093NUMPY", "a NumPy array"),
          new Signature(0, "GGUF", "a GGUF model"),
          new Signature(4, "TFL3", "a TensorFlow Lite model: convert it with tf2onnx"),
          new Signature(4, "ORTM", "an ORT-format model: give the ONNX file it was made from"),
          new Signature(0, "<", "an HTML or XML text, maybe the error page of a download"),
          new Signature(0, "{", "a JSON text"));

  private Magic() {}

  /** What a file is if it is known to be no ONNX model, else null. */
  static @Nullable String describe(MemorySegment file) {
    if (file.byteSize() == 0) {
      return "an empty file";
    }
    for (Signature signature : SIGNATURES) {
      byte[] wanted = signature.bytes().getBytes(StandardCharsets.ISO_8859_1);
      long end = signature.offset() + (long) wanted.length;
      if (file.byteSize() >= end
          && MemorySegment.ofArray(wanted).mismatch(file.asSlice(signature.offset(), wanted.length))
              == -1) {
        return signature.what();
      }
    }
    return null;
  }
}
