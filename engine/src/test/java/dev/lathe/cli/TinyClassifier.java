package dev.lathe.cli;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.onnx.Overwrite;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A classifier of 8 x 8 grey images into four classes, with seeded weights, and images for it. */
final class TinyClassifier {

  /** What a hostile file may call a node. */
  static final String HOSTILE = "<script>alert(\"x\")</script>";

  static final int CLASSES = 4;

  private TinyClassifier() {}

  static Path write(Path folder) {
    Node flatten = Node.of("flatten", "", "Flatten", List.of("g"), List.of("f"), Map.of());
    Node gemm = Node.of("gemm", "", "Gemm", List.of("f", "w1", "b1"), List.of("y"), Map.of());
    return write(folder.resolve("tiny.onnx"), List.of(flatten, gemm), "y", new Dim.Fixed(CLASSES));
  }

  /** The same without the classes: its output is an image. */
  static Path writeImageModel(Path folder) {
    return write(folder.resolve("image.onnx"), List.of(), "r", new Dim.Unknown());
  }

  private static Path write(Path file, List<Node> head, String output, Dim classes) {
    Random random = new Random(5);
    Map<String, Tensor> constants =
        Map.of(
            "w0", weights(random, 8, 1, 3, 3),
            "b0", weights(random, 8),
            "w1", weights(random, 8, CLASSES),
            "b1", weights(random, CLASSES));
    List<Node> nodes =
        new java.util.ArrayList<>(
            List.of(
                Node.of(
                    HOSTILE,
                    "",
                    "Conv",
                    List.of("x", "w0", "b0"),
                    List.of("c"),
                    Map.of("pads", new Attribute.Ints(List.of(1L, 1L, 1L, 1L)))),
                Node.of("relu", "", "Relu", List.of("c"), List.of("r"), Map.of())));
    if (!head.isEmpty()) {
      nodes.add(Node.of("pool", "", "GlobalAveragePool", List.of("r"), List.of("g"), Map.of()));
      nodes.addAll(head);
    }
    Dim batch = new Dim.Symbol("batch");
    ValueInfo input =
        new ValueInfo(
            "x",
            DType.FLOAT32,
            List.of(batch, new Dim.Fixed(1), new Dim.Fixed(8), new Dim.Fixed(8)),
            null);
    ValueInfo result =
        new ValueInfo(output, DType.FLOAT32, head.isEmpty() ? null : List.of(batch, classes), null);
    Graph graph =
        new Graph("tiny", List.of(input), List.of(result), constants, nodes, Map.of(), null);
    OnnxWriter.write(
        new Network(8, Map.of("", 13L), graph, "test", Map.of(), null), file, Overwrite.FAIL);
    return file;
  }

  private static Tensor weights(Random random, long... dims) {
    int count = 1;
    for (long dim : dims) {
      count *= (int) dim;
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return Tensor.of(values, dims);
  }

  /** IDX files of random images and, if wanted, random labels. */
  static Path writeImages(Path folder, int count, boolean labels) throws IOException {
    Random random = new Random(9);
    byte[] pixels = new byte[count * 64];
    random.nextBytes(pixels);
    Path images = folder.resolve("t10k-images-idx3-ubyte");
    Files.write(
        images,
        ByteBuffer.allocate(16 + pixels.length)
            .putInt(0x803)
            .putInt(count)
            .putInt(8)
            .putInt(8)
            .put(pixels)
            .array());
    if (labels) {
      ByteBuffer bytes = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
      for (int i = 0; i < count; i++) {
        bytes.put((byte) random.nextInt(CLASSES));
      }
      Files.write(folder.resolve("t10k-labels-idx1-ubyte"), bytes.array());
    }
    return images;
  }
}
