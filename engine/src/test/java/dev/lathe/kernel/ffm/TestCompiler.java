package dev.lathe.kernel.ffm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Compiles libraries that only tests need; a test is skipped where there is no {@code cc}. */
final class TestCompiler {

  private TestCompiler() {}

  /** Compiles sources to a shared library; the file appears whole or not at all. */
  static void compile(Path library, List<String> flags, List<Path> sources)
      throws IOException, InterruptedException {
    Path folder = Files.createDirectories(library.toAbsolutePath().getParent());
    Path part = Files.createTempFile(folder, "library", ".so");
    List<String> command = new ArrayList<>(List.of("cc", "-std=c17", "-fPIC", "-shared"));
    command.addAll(flags);
    sources.forEach(source -> command.add(source.toString()));
    command.addAll(List.of("-lm", "-o", part.toString()));
    try {
      Process process = null;
      try {
        process = new ProcessBuilder(command).inheritIO().start();
      } catch (IOException absent) {
        assumeThat(absent).as("cc, a C compiler").isNull();
      }
      assertThat(Objects.requireNonNull(process).waitFor()).as("cc").isZero();
      Files.move(part, library, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
