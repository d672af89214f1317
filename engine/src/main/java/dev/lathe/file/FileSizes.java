package dev.lathe.file;

import dev.lathe.compact.CompactWriter;
import dev.lathe.compact.Compactness;
import dev.lathe.graph.Network;
import dev.lathe.onnx.OnnxWriter;

/**
 * Bytes of a network in each format.
 *
 * @param onnx as one ONNX file
 * @param compact as the smallest compact file
 */
public record FileSizes(long onnx, long compact) {

  /** Measures both; takes as long as writing them. */
  public static FileSizes of(Network network) {
    return new FileSizes(OnnxWriter.size(network), CompactWriter.size(network, Compactness.SMALL));
  }
}
