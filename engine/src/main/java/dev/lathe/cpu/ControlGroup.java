package dev.lathe.cpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a Linux control group, such as a container's, grants this process.
 *
 * @param processors CPU quota in processors, empty without a limit
 * @param memoryBytes memory limit, empty without one
 */
public record ControlGroup(OptionalDouble processors, OptionalLong memoryBytes) {

  private static final Path MOUNT = Path.of("/sys/fs/cgroup");
  private static final Path MEMBERSHIP = Path.of("/proc/self/cgroup");

  /** Version 1 says "no limit" with a number near 2^63. */
  private static final long UNLIMITED = 1L << 60;

  /** Reads the limits of this process; no limits where the system has no control groups. */
  public static ControlGroup detect() {
    return read(MOUNT, MEMBERSHIP);
  }

  static ControlGroup read(Path mount, Path membership) {
    List<String> groups = lines(membership);
    OptionalDouble processors = quota(first(mount, groups, "", "cpu.max"));
    if (processors.isEmpty()) {
      String quota = first(mount, groups, "cpu", "cpu.cfs_quota_us");
      processors = quota(quota + " " + first(mount, groups, "cpu", "cpu.cfs_period_us"));
    }
    OptionalLong memory = number(first(mount, groups, "", "memory.max"));
    if (memory.isEmpty()) {
      memory = number(first(mount, groups, "memory", "memory.limit_in_bytes"));
    }
    return new ControlGroup(processors, memory);
  }

  /**
   * A file of this process's group, or of the root of the hierarchy, as containers see their own.
   *
   * @param controller of version 1; empty for version 2
   */
  private static String first(Path mount, List<String> groups, String controller, String file) {
    Path root = controller.isEmpty() ? mount : mount.resolve(controller);
    for (String group : groups) {
      String[] parts = group.split(":", 3);
      boolean match =
          parts.length == 3
              && (controller.isEmpty()
                  ? parts[1].isEmpty()
                  : List.of(parts[1].split(",", -1)).contains(controller));
      if (match) {
        try {
          List<String> found = lines(root.resolve(parts[2].replaceFirst("^/+", "")).resolve(file));
          if (!found.isEmpty()) {
            return found.getFirst();
          }
        } catch (InvalidPathException unusable) {
          break;
        }
      }
    }
    List<String> found = lines(root.resolve(file));
    return found.isEmpty() ? "" : found.getFirst();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (IOException absent) {
      return List.of();
    }
  }

  /** {@code quota period} in microseconds; "max" or a negative quota is no limit. */
  private static OptionalDouble quota(String text) {
    String[] parts = text.strip().split(" ", -1);
    OptionalLong quota = number(parts[0]);
    OptionalLong period = parts.length == 2 ? number(parts[1]) : OptionalLong.empty();
    return quota.isPresent() && period.isPresent()
        ? OptionalDouble.of((double) quota.getAsLong() / period.getAsLong())
        : OptionalDouble.empty();
  }

  private static OptionalLong number(String text) {
    try {
      long value = Long.parseLong(text.strip());
      return value > 0 && value < UNLIMITED ? OptionalLong.of(value) : OptionalLong.empty();
    } catch (NumberFormatException none) {
      return OptionalLong.empty();
    }
  }
}
