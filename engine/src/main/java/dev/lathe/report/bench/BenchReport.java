package dev.lathe.report.bench;

import dev.lathe.measure.Comparison;
import dev.lathe.measure.Latency;
import dev.lathe.measure.WarmUp;
import dev.lathe.report.Difference;
import dev.lathe.report.Environment;
import dev.lathe.report.Profile;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a benchmark found.
 *
 * @param peaks what rates are shares of
 * @param bandwidth of memory, when steps are timed
 * @param peer name and setting of the peer, or empty
 * @param profiles per model on Lathe, when asked for
 */
public record BenchReport(
    Environment environment,
    Peaks peaks,
    Bandwidth bandwidth,
    String peer,
    List<Run> runs,
    List<Agreement> agreements,
    List<Comparison> ratios,
    Map<String, Profile> profiles,
    Trace trace) {

  public BenchReport {
    runs = List.copyOf(runs);
    agreements = List.copyOf(agreements);
    ratios = List.copyOf(ratios);
  }

  /**
   * One model on one engine.
   *
   * @param macs multiply-accumulates of one run
   * @param loadMs from the file to a model that can run
   * @param firstMs the very first run
   * @param peakGmacs what the network would reach if every layer ran at the peak of Lathe's kernel
   */
  public record Run(
      String name,
      String model,
      String engine,
      int threads,
      String isa,
      Latency latency,
      long macs,
      double loadMs,
      double firstMs,
      WarmUp warmUp,
      double peakGmacs) {

    /** 10^9 multiply-accumulates per second at the median time. */
    public double gmacs() {
      return macs / latency.p50() / 1e6;
    }

    /** Of the peak, 0..1. */
    public double peakShare() {
      return gmacs() / peakGmacs;
    }

    Map<String, Object> json() {
      Map<String, Object> times = new LinkedHashMap<>();
      times.put("min", latency.min());
      times.put("p50", latency.p50());
      times.put("p90", latency.p90());
      times.put("p95", latency.p95());
      times.put("p99", latency.p99());
      times.put("samples", latency.samples());
      times.put("spread", latency.spread());
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", name);
      json.put("model", model);
      json.put("engine", engine);
      json.put("threads", threads);
      json.put("isa", isa);
      json.put("latency_ms", times);
      json.put("macs", macs);
      json.put("gmacs", gmacs());
      json.put("peak_share", peakShare());
      json.put("peak_gmacs", peakGmacs);
      json.put("load_ms", loadMs);
      json.put("first_inference_ms", firstMs);
      json.put("warm_up_runs", warmUp.runs());
      json.put("steady", warmUp.steady());
      return json;
    }
  }

  /** Outputs of a model and of its peer, compared before anything was timed. */
  public record Agreement(String a, String b, Difference difference, double tolerance) {

    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("a", a);
      json.put("b", b);
      json.putAll(difference.json());
      json.put("tolerance", tolerance);
      return json;
    }
  }

  /** What the layers of the profiles are held against. */
  public Roofline roofline() {
    return new Roofline(peaks, bandwidth);
  }

  /** Fields of the JSON contract: a ratio is the time of {@code b} / the time of {@code a}. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("environment", environment.json());
    json.put("fma_peak", peaks.fma().json());
    json.put("peaks", peaks.all().stream().map(Peak::json).toList());
    if (bandwidth.isKnown()) {
      json.put("bandwidth", bandwidth.json());
    }
    if (!peer.isEmpty()) {
      json.put("peer", peer);
    }
    json.put("runs", runs.stream().map(Run::json).toList());
    json.put("agreement", agreements.stream().map(Agreement::json).toList());
    json.put("ratios", ratios.stream().map(BenchReport::json).toList());
    json.put("remarks", Remarks.of(this));
    if (!profiles.isEmpty()) {
      Map<String, Object> layers = new LinkedHashMap<>();
      profiles.forEach((name, profile) -> layers.put(name, roofline().json(profile)));
      json.put("profiles", layers);
    }
    return json;
  }

  private static Map<String, Object> json(Comparison comparison) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("a", comparison.a());
    json.put("b", comparison.b());
    json.put("median", comparison.ratio().value());
    json.put("ci95", List.of(comparison.ratio().low(), comparison.ratio().high()));
    json.put("blocks", comparison.blocks());
    json.put("distinguishable", comparison.distinguishable());
    return json;
  }
}
