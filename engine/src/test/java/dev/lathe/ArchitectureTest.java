package dev.lathe;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.lathe.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules docs/architecture.md states. A new package needs a place in {@link #LAYERS}. */
class ArchitectureTest {

  /**
   * The packages under {@code dev.lathe}, lowest layer first; {@code ""} is {@code dev.lathe}
   * itself. A package uses only layers above its own line in this list, never a sibling on the same
   * line; so there are no cycles either.
   */
  private static final List<Set<String>> LAYERS =
      List.of(
          Set.of("error"),
          Set.of("tensor", "cpu", "parallel"),
          Set.of("quant"),
          Set.of("kernel", "graph"),
          Set.of("kernel.pack"),
          Set.of("kernel.reference", "kernel.vector", "kernel.ffm"),
          Set.of("kernel.dispatch"),
          Set.of("plan"),
          Set.of("op"),
          Set.of("onnx.proto", "compact.proto"),
          Set.of("onnx", "pass", "data", "sample"),
          Set.of("compact"),
          Set.of("file"),
          Set.of("runtime", "measure"),
          Set.of("compress"),
          Set.of("compress.calibrate", "compress.weights"),
          Set.of("compress.scheme"),
          Set.of("compress.recover", "compress.surgery"),
          Set.of(
              "compress.quantize",
              "compress.prune",
              "compress.share",
              "compress.factorize",
              "compress.simplify"),
          Set.of("compress.sensitivity", "compress.recipe"),
          Set.of(""),
          Set.of("report"),
          Set.of("report.html"),
          Set.of(
              "report.compare",
              "report.bench",
              "report.conformance",
              "report.diff",
              "report.kernels",
              "report.doctor"),
          Set.of("report.explain"),
          Set.of("cli"));

  private static final int MAX_LINES = 400;

  /** Source files that may be longer than {@link #MAX_LINES}, relative to the module. */
  private static final Set<String> LONGER_FILES = Set.of();

  private static final Map<String, Integer> LAYER_OF = layerOf();

  private static final JavaClasses ENGINE =
      new ClassFileImporter()
          .importUrl(Main.class.getProtectionDomain().getCodeSource().getLocation());

  @Test
  void packagesUseOnlyLowerLayers() {
    classes().should(new UseOnlyLowerLayers()).check(ENGINE);
  }

  @Test
  void onlyTheVectorKernelsUseTheVectorApi() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.lathe.kernel.vector")
        .should(dependOnClassesThat(resideInAPackage("jdk.incubator.vector..")))
        .check(ENGINE);
  }

  @Test
  void onlyTheNativeKernelsAndCpuDetectionCallNativeCode() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.lathe.kernel.ffm", "dev.lathe.cpu")
        .should(
            dependOnClassesThat(
                name("java.lang.foreign.Linker").or(name("java.lang.foreign.SymbolLookup"))))
        .check(ENGINE);
  }

  @Test
  void onlyTheCommandLineEndsTheProcess() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.lathe.cli")
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(ENGINE);
  }

  @Test
  void onlyTheCommandLineWritesToTheConsole() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.lathe.cli")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(ENGINE);
  }

  @Test
  void sourceFilesAreShort() throws IOException {
    Map<String, Long> tooLong = new TreeMap<>();
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        long lines;
        try (Stream<String> content = Files.lines(file)) {
          lines = content.count();
        }
        if (lines > MAX_LINES) {
          tooLong.put(file.toString(), lines);
        }
      }
    }
    assertThat(tooLong.keySet())
        .as("source files of more than %d lines: %s", MAX_LINES, tooLong)
        .isEqualTo(LONGER_FILES);
  }

  private static Map<String, Integer> layerOf() {
    Map<String, Integer> layerOf = new TreeMap<>();
    for (int layer = 0; layer < LAYERS.size(); layer++) {
      for (String name : LAYERS.get(layer)) {
        layerOf.put(name.isEmpty() ? "dev.lathe" : "dev.lathe." + name, layer);
      }
    }
    return layerOf;
  }

  private static final class UseOnlyLowerLayers extends ArchCondition<JavaClass> {
    UseOnlyLowerLayers() {
      super("be in a package with a layer and use only lower layers");
    }

    @Override
    public void check(JavaClass origin, ConditionEvents events) {
      Integer layer = LAYER_OF.get(origin.getPackageName());
      if (layer == null) {
        String message = origin.getName() + " is in a package that has no layer";
        events.add(SimpleConditionEvent.violated(origin, message));
        return;
      }
      for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
        String used = dependency.getTargetClass().getBaseComponentType().getPackageName();
        Integer usedLayer = LAYER_OF.get(used);
        if (usedLayer != null && usedLayer >= layer && !used.equals(origin.getPackageName())) {
          String message =
              "layer %d must not use layer %d: %s"
                  .formatted(layer, usedLayer, dependency.getDescription());
          events.add(SimpleConditionEvent.violated(dependency, message));
        }
      }
    }
  }
}
