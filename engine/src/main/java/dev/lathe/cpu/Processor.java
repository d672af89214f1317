package dev.lathe.cpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The processor this process runs on, as the operating system describes it.
 *
 * @param name marketing name, or the architecture when the system doesn't tell
 * @param features instruction set extensions by their Linux names, those that matter here; empty
 *     when not known
 */
public record Processor(String name, Set<String> features) {

  private static final Path CPUINFO = Path.of("/proc/cpuinfo");
  private static final Set<String> RELEVANT =
      Set.of(
          "avx2",
          "fma",
          "avx512f",
          "avx512bw",
          "avx512vl",
          "avx512_vnni",
          "avx_vnni",
          "avx512_bf16",
          "avx512vbmi",
          "avx512_vpopcntdq",
          "amx_tile",
          "amx_int8",
          "amx_bf16",
          "asimd",
          "asimddp",
          "i8mm",
          "bf16",
          "sve",
          "sve2");

  public Processor {
    features = Set.copyOf(features);
  }

  /** Reads it from the system; never fails. */
  public static Processor detect() {
    String architecture = System.getProperty("os.arch");
    try {
      return parse(Files.readAllLines(CPUINFO, StandardCharsets.ISO_8859_1), architecture);
    } catch (IOException unreadable) {
      return new Processor(architecture, Set.of());
    }
  }

  static Processor parse(List<String> cpuinfo, String architecture) {
    String name = architecture;
    Set<String> features = new TreeSet<>();
    for (String line : cpuinfo) {
      int colon = line.indexOf(':');
      if (colon < 0) {
        continue;
      }
      String key = line.substring(0, colon).strip();
      String value = line.substring(colon + 1).strip();
      if (key.equals("model name") && name.equals(architecture) && !value.isEmpty()) {
        name = value;
      } else if (features.isEmpty() && (key.equals("flags") || key.equals("Features"))) {
        features.addAll(List.of(value.split(" ")));
      }
    }
    features.retainAll(RELEVANT);
    return new Processor(name, features);
  }
}
