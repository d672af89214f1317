package dev.lathe.cli;

import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version this engine was built as. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"lathe " + current()};
  }

  static String current() {
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      if (in == null) {
        throw new IOException("dev/lathe/cli/version.properties is not in the engine's jar");
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new InternalException(Problem.of("the version can't be read: " + e, "the jar"), e);
    }
  }
}
