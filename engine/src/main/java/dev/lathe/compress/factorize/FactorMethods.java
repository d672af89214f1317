package dev.lathe.compress.factorize;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.List;
import java.util.stream.Collectors;

/** Every way to take layers apart. */
public final class FactorMethods {

  private static final List<FactorMethod> ALL =
      List.of(new SvdMethod(), new SpatialMethod(), new Tucker2Method());

  private FactorMethods() {}

  /**
   * The method of that name.
   *
   * @throws UsageException naming the known methods
   */
  public static FactorMethod parse(String name) {
    return ALL.stream()
        .filter(method -> method.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    new Problem(
                        "unknown method",
                        "'" + name + "'",
                        "",
                        "use one of "
                            + ALL.stream()
                                .map(FactorMethod::name)
                                .collect(Collectors.joining(", ")))));
  }
}
