package dev.lathe.sample;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import java.util.List;

/** The topologies by name. */
public final class Topologies {

  private static final List<Topology> ALL =
      List.of(
          ResNet.RESNET18,
          ResNet.RESNET50,
          new Vgg16(),
          new MobileNetV2(),
          new SqueezeNet(),
          new LeNet5(),
          new AlexNet(),
          new BertMini());

  private Topologies() {}

  /** A topology's name and source. */
  public record Entry(String name, String source) {}

  public static List<Entry> entries() {
    return ALL.stream().map(topology -> new Entry(topology.name(), topology.source())).toList();
  }

  /**
   * Builds a topology; equal seeds give equal networks.
   *
   * @throws UsageException when there is none of that name
   */
  public static Network build(String name, long seed) {
    List<String> names = ALL.stream().map(Topology::name).toList();
    return ALL.stream()
        .filter(topology -> topology.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    new Problem(
                        "there is no sample '" + name + "'",
                        "argument NAME",
                        "",
                        "use one of " + names)))
        .build(seed);
  }
}
