package dev.lathe.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Where a command talks to people: results on standard output, progress and remarks on standard
 * error.
 */
final class Console {

  private static final long REDRAW_NANOS = 200_000_000;

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean quiet;
  private final boolean terminal;

  Console(PrintWriter out, PrintWriter err, boolean quiet, boolean terminal) {
    this.out = out;
    this.err = err;
    this.quiet = quiet;
    this.terminal = terminal;
  }

  /** Where a command begins; fails early when the JSON it is to write could not be. */
  static Console of(CommandSpec spec, CommonOptions options) {
    if (options.json != null) {
      OutputFile.check(options.json, options.force);
    }
    return new Console(
        spec.commandLine().getOut(), spec.commandLine().getErr(), options.quiet, isTerminal());
  }

  @SuppressWarnings("SystemConsoleNull") // the JDK's contract still allows null
  private static boolean isTerminal() {
    java.io.Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** A line of the result. */
  void print(String line) {
    out.println(line);
    out.flush();
  }

  /** A remark that is not part of the result. */
  void note(String line) {
    if (!quiet) {
      err.println(line);
      err.flush();
    }
  }

  /** Starts the progress of a long piece of work. */
  Progress progress(String what) {
    return progress(what, Duration.ZERO);
  }

  /** The progress of work that began some time ago. */
  Progress progress(String what, Duration ago) {
    return new Progress(what, System.nanoTime() - ago.toNanos());
  }

  /**
   * Count, rate and remaining time of one piece of work; one line that is redrawn, or a line now
   * and then.
   */
  final class Progress {

    private final String what;
    private final long start;
    private long lastDraw;

    private Progress(String what, long start) {
      this.what = what;
      this.start = start;
      this.lastDraw = start; // rates of the first moments mean nothing
    }

    /** Says how far it is; {@code total} 0 when not known. */
    void update(long done, long total) {
      long now = System.nanoTime();
      boolean finished = total > 0 && done >= total;
      long interval = terminal ? REDRAW_NANOS : 25 * REDRAW_NANOS;
      if (quiet || (!finished && now - lastDraw < interval)) {
        return;
      }
      lastDraw = now;
      String line = line(done, total, (now - start) / 1e9);
      if (terminal) {
        err.print("\r\u001b[K" + line + (finished ? "\n" : ""));
      } else {
        err.println(line);
      }
      err.flush();
    }

    private String line(long done, long total, double seconds) {
      double rate = done / Math.max(seconds, 1e-9);
      String count = total > 0 ? done + "/" + total : Long.toString(done);
      String left =
          total > done && rate > 0
              ? String.format(Locale.ROOT, ", %s left", duration((total - done) / rate))
              : "";
      return String.format(
          Locale.ROOT, "%s: %s (%.1f/s, %s%s)", what, count, rate, duration(seconds), left);
    }
  }

  private static String duration(double seconds) {
    return seconds < 60
        ? String.format(Locale.ROOT, "%.0f s", seconds)
        : String.format(Locale.ROOT, "%d min %02d s", (long) seconds / 60, (long) seconds % 60);
  }
}
