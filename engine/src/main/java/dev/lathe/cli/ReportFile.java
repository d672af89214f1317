package dev.lathe.cli;

import dev.lathe.error.FileReason;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.report.compare.HtmlReport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a report goes. The default file is replaced when it is a report of Lathe already; anything
 * else that exists only with {@code --force}.
 */
record ReportFile(Path path, boolean replace) {

  private static final Path STANDARD = Path.of("lathe-report.html");
  private static final int HEAD_BYTES = 4096;

  /** Checks the place early, before long work. */
  static ReportFile of(@Nullable Path asked, boolean force) {
    Path path = asked == null ? STANDARD : asked;
    boolean replace = force || (asked == null && isReport(path));
    OutputFile.check(path, replace);
    return new ReportFile(path, replace);
  }

  private static boolean isReport(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      String head = new String(in.readNBytes(HEAD_BYTES), StandardCharsets.UTF_8);
      return head.contains(HtmlReport.MARK);
    } catch (IOException unreadable) {
      return false;
    }
  }

  void write(byte[] contents) {
    try {
      OutputFile.write(path, contents, replace);
    } catch (IOException failure) {
      throw new InvalidDataException(
          new Problem(
              "cannot write the report",
              path.toString(),
              FileReason.of(failure),
              "check the folder, its permissions and the free space"),
          failure);
    }
  }
}
