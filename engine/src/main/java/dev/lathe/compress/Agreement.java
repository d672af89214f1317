package dev.lathe.compress;

import dev.lathe.measure.Bootstrap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How far a changed network still answers as the original did, on samples without labels: means
 * over the samples with their 95 % bootstrap intervals. See {@link OutputReference}.
 *
 * @param samples how many
 * @param topOne per cent of the distributions whose likeliest class is the original's
 * @param divergence Kullback-Leibler divergence of the changed distribution from the original one,
 *     in nats; 0 when they are the same
 * @param cosine of the angle between the outputs; 1 when they point the same way
 */
public record Agreement(
    int samples,
    Bootstrap.Interval topOne,
    Bootstrap.Interval divergence,
    Bootstrap.Interval cosine) {

  /** Fields of the JSON reports. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("samples", samples);
    put(json, "top1_agreement", topOne);
    put(json, "kl", divergence);
    put(json, "cosine", cosine);
    return json;
  }

  private static void put(Map<String, Object> json, String key, Bootstrap.Interval interval) {
    json.put(key, interval.value());
    json.put(key + "_ci95", java.util.List.of(interval.low(), interval.high()));
  }
}
