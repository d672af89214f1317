package dev.lathe.kernel.dispatch;

import dev.lathe.cpu.Isa;
import dev.lathe.cpu.Processor;
import dev.lathe.cpu.UserCache;
import dev.lathe.kernel.dispatch.SparseCosts.Kind;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The {@link SparseCosts} that were measured on this kind of processor, one file per tier and kind
 * of product in the user's cache: {@code <cache>/lathe/costs/<processor>-<tier>.properties}, with
 * {@code -u8s8} after the tier for integers. A file that is missing or damaged means assumed costs.
 */
public final class MeasuredCosts {

  private record Key(Kind kind, Isa isa) {}

  private static final Map<Key, SparseCosts> KNOWN = new ConcurrentHashMap<>();

  private MeasuredCosts() {}

  /** The costs of a tier on this processor; read once per process. */
  public static SparseCosts of(Kind kind, Isa isa) {
    return KNOWN.computeIfAbsent(new Key(kind, isa), absent -> read(file(kind, isa), kind, isa));
  }

  /** Where the costs of a tier are kept. */
  public static Path file(Kind kind, Isa isa) {
    Processor processor = Processor.detect();
    String id =
        processor.name() + " " + String.join(" ", processor.features().stream().sorted().toList());
    String tier = kind == Kind.F32 ? isa.id() : isa.id() + "-u8s8";
    String name = processor.name().replaceAll("[^A-Za-z0-9]+", "-");
    return UserCache.folder()
        .resolve("lathe")
        .resolve("costs")
        .resolve(name + "-" + Integer.toHexString(id.hashCode()) + "-" + tier + ".properties");
  }

  static SparseCosts read(Path file, Kind kind, Isa isa) {
    SparseCosts assumed = SparseCosts.assumed(kind, isa);
    Properties properties = new Properties();
    try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(in);
      return new SparseCosts(
          kind,
          isa,
          true,
          assumed.tilePositions(),
          positive(properties, "mac"),
          kind == Kind.F32 ? 0 : positive(properties, "output"),
          new SparseCosts.Lists(
              assumed.single().nr(), positive(properties, "entry1"), positive(properties, "list1")),
          new SparseCosts.Lists(
              assumed.quad().nr(), positive(properties, "entry4"), positive(properties, "list4")),
          positive(properties, "element"));
    } catch (NoSuchFileException notMeasured) {
      return assumed;
    } catch (IOException | IllegalArgumentException damaged) {
      System.getLogger("dev.lathe")
          .log(
              System.Logger.Level.WARNING,
              "costs of kernels in "
                  + file
                  + " can't be used ("
                  + damaged.getMessage()
                  + "); measure them again: lathe kernels --measure");
      return assumed;
    }
  }

  private static double positive(Properties properties, String key) {
    String text = properties.getProperty(key, "");
    double value = text.isEmpty() ? Double.NaN : Double.parseDouble(text);
    if (!(value > 0 && value < 1e9)) {
      throw new IllegalArgumentException(key + " is '" + text + "'");
    }
    return value;
  }

  /**
   * Keeps costs for later processes and for this one; the file appears whole or not at all.
   *
   * @return where they are
   */
  public static Path keep(SparseCosts costs) throws IOException {
    Path file = file(costs.kind(), costs.isa());
    write(file, costs);
    KNOWN.put(new Key(costs.kind(), costs.isa()), costs);
    return file;
  }

  static void write(Path file, SparseCosts costs) throws IOException {
    Properties properties = new Properties();
    properties.setProperty("mac", Double.toString(costs.mac()));
    properties.setProperty("output", Double.toString(costs.output()));
    properties.setProperty("entry1", Double.toString(costs.single().entry()));
    properties.setProperty("list1", Double.toString(costs.single().list()));
    properties.setProperty("entry4", Double.toString(costs.quad().entry()));
    properties.setProperty("list4", Double.toString(costs.quad().list()));
    properties.setProperty("element", Double.toString(costs.element()));
    Path folder = Files.createDirectories(file.toAbsolutePath().getParent());
    Path part = Files.createTempFile(folder, "costs", ".part");
    try {
      try (Writer out = Files.newBufferedWriter(part, StandardCharsets.UTF_8)) {
        properties.store(out, "nanoseconds on one core, measured by lathe kernels --measure");
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
