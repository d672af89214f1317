package dev.lathe.report.bench;

import dev.lathe.report.Profile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The least time a layer can take here (Williams, Waterman and Patterson, 2009): that of its
 * multiply-accumulates at the peak of its kernel's tier, or that of the bytes it must move at the
 * bandwidth of the cache they fit in, whichever is longer.
 */
public record Roofline(Peaks peaks, Bandwidth bandwidth) {

  /**
   * A step, the peak of its node, and what bounds it.
   *
   * @param peakMicros of the multiply-accumulates it executes at the peak
   * @param memoryMicros of its bytes at the bandwidth; 0 when that was not measured
   * @param gbs that bandwidth
   */
  public record Layer(
      Profile.Step step, Peak peak, double peakMicros, double memoryMicros, double gbs) {

    /** Of the peak, 0..1; zeros that are skipped are no work done. */
    public double share() {
      return step.micros() == 0 ? 0 : peakMicros / step.micros();
    }

    /** The least time of the step. */
    public double roofMicros() {
      return Math.max(peakMicros, memoryMicros);
    }

    /** The least time / the time: 1 at the roofline, 0 for a step that has no work of its own. */
    public double roofShare() {
      return step.micros() == 0 ? 0 : roofMicros() / step.micros();
    }

    /** {@code compute} or {@code memory}; empty for a step without work of its own. */
    public String bound() {
      return roofMicros() == 0 ? "" : peakMicros >= memoryMicros ? "compute" : "memory";
    }

    public Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>(step.json());
      if (step.macs() > 0) {
        json.put("peak", peak.kernel());
        json.put("peak_gmacs", peak.gmacs());
        json.put("peak_share", share());
      }
      if (gbs > 0) {
        json.put("bandwidth_gbs", gbs);
        json.put("roofline_us", roofMicros());
        json.put("roofline_share", roofShare());
        json.put("bound", bound());
      }
      return json;
    }
  }

  /** The steps of a profile. */
  public List<Layer> layers(Profile profile) {
    Map<String, Set<String>> kernels = new LinkedHashMap<>();
    for (Profile.Step step : profile.steps()) {
      kernels.computeIfAbsent(step.node(), node -> new HashSet<>()).add(step.kernel());
    }
    List<Layer> layers = new ArrayList<>();
    for (Profile.Step step : profile.steps()) {
      Peak peak = peaks.of(kernels.getOrDefault(step.node(), Set.of()));
      boolean moves = step.bytes() > 0 && bandwidth.isKnown();
      double rate = moves ? bandwidth.of(step.bytes()) : 0;
      layers.add(
          new Layer(
              step,
              peak,
              step.executedMacs() / peak.gmacs() / 1e3,
              moves ? step.bytes() / rate / 1e3 : 0,
              rate));
    }
    return layers;
  }

  List<Map<String, Object>> json(Profile profile) {
    return layers(profile).stream().map(Layer::json).toList();
  }
}
