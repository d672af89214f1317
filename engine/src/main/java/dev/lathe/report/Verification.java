package dev.lathe.report;

import dev.lathe.cpu.Isa;
import dev.lathe.graph.Network;
import dev.lathe.graph.ValueInfo;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether a network computes the same bits on every tier and with every number of threads.
 *
 * @param cases every tier and thread count but the baseline's: the plainest tier, one thread
 */
public record Verification(Isa baseline, int samples, List<Case> cases) {

  /**
   * One output under one setting.
   *
   * @param differing bytes that are not those of the baseline, over all samples
   */
  public record Case(Isa isa, int threads, String output, long bytes, long differing) {}

  /** Told after every sample of every setting. */
  public interface Progress {
    void update(long done, long total);
  }

  public Verification {
    cases = List.copyOf(cases);
  }

  /**
   * Runs every sample under every setting.
   *
   * @param samples tensors per sample, in the order of the network's inputs
   * @param threads the other thread count, besides one
   */
  public static Verification of(
      Network network,
      List<List<Tensor>> samples,
      List<Isa> tiers,
      int threads,
      Progress progress) {
    long total = (1 + 2L * tiers.size()) * samples.size();
    List<List<Tensor>> expected = new ArrayList<>();
    try (NetworkRunner runner =
        new NetworkRunner(network, RunOptions.standard().withThreads(1).withIsa(Isa.SCALAR))) {
      for (List<Tensor> sample : samples) {
        expected.add(runner.run(sample));
        progress.update(expected.size(), total);
      }
    }
    List<Case> cases = new ArrayList<>();
    long done = samples.size();
    for (Isa isa : tiers) {
      for (int count : new int[] {1, threads}) {
        if (isa != Isa.SCALAR || count != 1) {
          cases.addAll(
              compare(
                  network,
                  samples,
                  expected,
                  RunOptions.standard().withThreads(count).withIsa(isa)));
        }
        done += samples.size();
        progress.update(done, total);
      }
    }
    return new Verification(Isa.SCALAR, samples.size(), cases);
  }

  private static List<Case> compare(
      Network network,
      List<List<Tensor>> samples,
      List<List<Tensor>> expected,
      RunOptions options) {
    List<ValueInfo> outputs = network.graph().outputs();
    long[] bytes = new long[outputs.size()];
    long[] differing = new long[outputs.size()];
    try (NetworkRunner runner = new NetworkRunner(network, options)) {
      for (int i = 0; i < samples.size(); i++) {
        List<Tensor> results = runner.run(samples.get(i));
        for (int o = 0; o < results.size(); o++) {
          bytes[o] += results.get(o).data().byteSize();
          differing[o] += differing(results.get(o), expected.get(i).get(o));
        }
      }
    }
    Isa isa = java.util.Objects.requireNonNull(options.isa());
    List<Case> cases = new ArrayList<>();
    for (int o = 0; o < bytes.length; o++) {
      cases.add(new Case(isa, options.threads(), outputs.get(o).name(), bytes[o], differing[o]));
    }
    return cases;
  }

  private static long differing(Tensor left, Tensor right) {
    if (left.data().mismatch(right.data()) < 0) {
      return 0;
    }
    if (left.data().byteSize() != right.data().byteSize()) {
      return left.data().byteSize();
    }
    long count = 0;
    for (long at = 0; at < left.data().byteSize(); at++) {
      count += left.data().get(Tensor.I8, at) == right.data().get(Tensor.I8, at) ? 0 : 1;
    }
    return count;
  }

  public boolean identical() {
    return cases.stream().allMatch(each -> each.differing() == 0);
  }

  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("baseline", baseline.id());
    json.put("samples", samples);
    json.put("identical", identical());
    json.put("cases", cases.stream().map(Verification::json).toList());
    return json;
  }

  private static Map<String, Object> json(Case each) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("isa", each.isa().id());
    json.put("threads", each.threads());
    json.put("output", each.output());
    json.put("bytes", each.bytes());
    json.put("differing_bytes", each.differing());
    return json;
  }
}
