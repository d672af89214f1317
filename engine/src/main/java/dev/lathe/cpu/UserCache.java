package dev.lathe.cpu;

import java.nio.file.Path;

/** Where what was unpacked or measured for this user is kept. */
public final class UserCache {

  private UserCache() {}

  /** {@code XDG_CACHE_HOME}, or {@code .cache} in the home folder. */
  public static Path folder() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    return xdg != null && Path.of(xdg).isAbsolute()
        ? Path.of(xdg)
        : Path.of(System.getProperty("user.home"), ".cache");
  }
}
