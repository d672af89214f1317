package dev.lathe.report.compare;

import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.compress.quantize.QuantizeOptions.Granularity;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.quant.Scheme;
import java.util.ArrayList;
import java.util.List;

/** Every rung, from the widest to the narrowest. */
public final class Ladder {

  static final String PER_CHANNEL = "int8-channel";

  public static final List<Rung> RUNGS =
      List.of(
          Rung.original(),
          rung("int8-tensor", 8, Granularity.TENSOR),
          rung(PER_CHANNEL, 8, Granularity.CHANNEL),
          rung("int6", 6, Granularity.CHANNEL),
          rung("int5", 5, Granularity.CHANNEL),
          rung("int4", 4, Granularity.CHANNEL),
          rung("int3", 3, Granularity.CHANNEL),
          rung("int2", 2, Granularity.CHANNEL));

  private Ladder() {}

  private static Rung rung(String name, int bits, Granularity granularity) {
    return Rung.of(
        name, QuantizeOptions.standard().withWeights(bits, Scheme.SYMMETRIC, granularity));
  }

  /**
   * The rungs of some names, and always the float original; all of them for no names. Then a row
   * for each recipe, named by its file.
   *
   * @throws UsageException naming the known rungs
   */
  public static List<Rung> select(List<String> names, List<Rung> recipes) {
    return select(RUNGS, names, recipes);
  }

  /**
   * The same of the ladder of sparsity and bits, where int8 is kept beside what is told from it.
   *
   * @param calibrate how ranges of activations are chosen, as {@code quantize} spells it
   */
  public static List<Rung> selectSparse(String calibrate, List<String> names, List<Rung> recipes) {
    List<Rung> all = SparseLadder.rungs(calibrate);
    List<String> chosen = new ArrayList<>(names);
    for (Rung rung : all) {
      Place place = rung.place();
      if (place != null && names.contains(rung.name())) {
        chosen.add(place.against());
      }
    }
    return select(all, chosen, recipes);
  }

  private static List<Rung> select(List<Rung> all, List<String> names, List<Rung> recipes) {
    List<String> known = all.stream().map(Rung::name).toList();
    List<Problem> problems =
        names.stream()
            .filter(name -> !known.contains(name))
            .map(
                name ->
                    new Problem(
                        "there is no row '" + name + "'", "--only", "", "use some of " + known))
            .toList();
    if (!problems.isEmpty()) {
      throw new UsageException(problems);
    }
    List<Rung> rungs = new ArrayList<>();
    all.stream()
        .filter(rung -> names.isEmpty() || rung.isBaseline() || names.contains(rung.name()))
        .forEach(rungs::add);
    for (Rung recipe : recipes) {
      if (rungs.stream().anyMatch(rung -> rung.name().equals(recipe.name()))) {
        throw new UsageException(
            new Problem(
                "two rows of the name '" + recipe.name() + "'",
                "--recipe",
                "a row has the name of its file, without folder and ending",
                "rename the file"));
      }
      rungs.add(recipe);
    }
    return rungs;
  }
}
