package dev.lathe.report.doctor;

import dev.lathe.graph.Graph;
import dev.lathe.graph.SubGraphs;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * How a model's constants are used.
 *
 * @param sharedCount constants that more than one node reads
 * @param duplicates constants that are there again under another name
 * @param duplicateBytes what the copies take, the first of each not counted
 * @param unused constants nothing reads
 */
public record Initializers(
    int count,
    long bytes,
    int sharedCount,
    long sharedBytes,
    int duplicates,
    long duplicateBytes,
    int unused,
    long unusedBytes) {

  /** Smaller ones are not worth a remark when they are equal. */
  private static final long MIN_DUPLICATE_BYTES = 64;

  private record Form(DType dtype, Shape shape, long checksum) {}

  static Initializers of(Graph graph) {
    Map<String, Integer> uses = new HashMap<>();
    graph
        .nodes()
        .forEach(node -> SubGraphs.uses(node).forEach(use -> uses.merge(use, 1, Integer::sum)));
    graph.outputs().forEach(output -> uses.merge(output.name(), 1, Integer::sum));
    Map<Form, List<Tensor>> byForm = new HashMap<>();
    long bytes = 0;
    int shared = 0;
    long sharedBytes = 0;
    int duplicates = 0;
    long duplicateBytes = 0;
    int unused = 0;
    long unusedBytes = 0;
    for (Map.Entry<String, Tensor> constant : graph.constants().entrySet()) {
      Tensor tensor = constant.getValue();
      long size = tensor.data().byteSize();
      int users = uses.getOrDefault(constant.getKey(), 0);
      bytes += size;
      if (users > 1) {
        shared++;
        sharedBytes += size;
      } else if (users == 0) {
        unused++;
        unusedBytes += size;
      }
      if (size >= MIN_DUPLICATE_BYTES) {
        List<Tensor> alike = byForm.computeIfAbsent(form(tensor), key -> new ArrayList<>());
        if (alike.stream().anyMatch(other -> other.data().mismatch(tensor.data()) < 0)) {
          duplicates++;
          duplicateBytes += size;
        } else {
          alike.add(tensor);
        }
      }
    }
    return new Initializers(
        graph.constants().size(),
        bytes,
        shared,
        sharedBytes,
        duplicates,
        duplicateBytes,
        unused,
        unusedBytes);
  }

  private static Form form(Tensor tensor) {
    CRC32C checksum = new CRC32C();
    long chunk = 1L << 30;
    for (long at = 0; at < tensor.data().byteSize(); at += chunk) {
      long size = Math.min(chunk, tensor.data().byteSize() - at);
      checksum.update(tensor.data().asSlice(at, size).asByteBuffer());
    }
    return new Form(tensor.dtype(), tensor.shape(), checksum.getValue());
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("count", count);
    json.put("bytes", bytes);
    json.put("shared", Map.of("count", sharedCount, "bytes", sharedBytes));
    json.put("duplicated", Map.of("count", duplicates, "bytes", duplicateBytes));
    json.put("unused", Map.of("count", unused, "bytes", unusedBytes));
    return json;
  }
}
