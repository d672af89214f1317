package dev.lathe.report.compare;

import dev.lathe.file.FileSizes;
import dev.lathe.report.Profile;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was found for one rung.
 *
 * @param sizes of its files
 * @param fileRatio bytes of the original's ONNX file / bytes of this one's
 * @param compactRatio likewise of the compact files
 * @param weightRatio likewise of the weights
 * @param sparsity zeros among its constants, 0..1
 * @param timing null for simulated widths
 * @param gain over the dense row of the same kernels; null for rows off the ladder of sparsity
 * @param kernels what ran, each once, in order
 * @param profile per layer, of the rows that report one
 * @param command reproduces the row
 * @param quantizeCommand writes the model, or empty
 * @param warnings of what made it
 */
public record Row(
    Rung rung,
    FileSizes sizes,
    long weightBytes,
    double fileRatio,
    double compactRatio,
    double weightRatio,
    double sparsity,
    Accuracy accuracy,
    @Nullable Timing timing,
    @Nullable Gain gain,
    List<String> kernels,
    @Nullable Profile profile,
    String command,
    String quantizeCommand,
    List<String> warnings) {

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("variant", rung.name());
    json.put("weights", rung.weights());
    json.put("activations", rung.activations());
    json.put("description", rung.describe());
    json.put("simulated", rung.simulated());
    json.put("sparsity", sparsity);
    json.put("file_bytes", sizes.onnx());
    json.put("compact_bytes", sizes.compact());
    json.put("weight_bytes", weightBytes);
    json.put("compression_ratio", fileRatio);
    json.put("compact_compression_ratio", compactRatio);
    json.put("weight_compression_ratio", weightRatio);
    json.put("accuracy", accuracyJson());
    json.put("latency_ms", timing == null ? null : latencyJson(timing));
    json.put("speedup_vs_fp32", timing == null ? null : timing.speedup().value());
    json.put(
        "speedup_ci95",
        timing == null ? null : List.of(timing.speedup().low(), timing.speedup().high()));
    if (timing != null) {
      json.put("first_inference_ms", timing.firstMs());
      json.put("steady", timing.steady());
      json.put("blocks", timing.blocks());
    }
    if (gain != null) {
      json.put("gain", gain.json());
    }
    json.put("kernels", kernels);
    json.put("command", command);
    if (!quantizeCommand.isEmpty()) {
      json.put("quantize_command", quantizeCommand);
    }
    json.put("warnings", warnings);
    if (profile != null) {
      json.put("layers", profile.json());
    }
    return json;
  }

  private Map<String, Object> accuracyJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("metric", accuracy.metric());
    json.put("value", accuracy.value());
    json.put("n", accuracy.samples());
    json.put("drop", accuracy.drop().value());
    json.put("drop_ci95", List.of(accuracy.drop().low(), accuracy.drop().high()));
    json.put("agreement", accuracy.agreement());
    return json;
  }

  private static Map<String, Object> latencyJson(Timing timing) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("min", timing.latency().min());
    json.put("p50", timing.latency().p50());
    json.put("p90", timing.latency().p90());
    json.put("p95", timing.latency().p95());
    json.put("p99", timing.latency().p99());
    return json;
  }
}
