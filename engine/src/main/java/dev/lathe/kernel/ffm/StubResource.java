package dev.lathe.kernel.ffm;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The library as the stubs' jar carries it, and its copy in the user's cache: {@code
 * <cache>/lathe/<SHA-256>/liblathe.so}. A copy is made once, appears whole or not at all, is
 * readable by its owner only, and is used only while its bytes have the checksum of the jar.
 */
final class StubResource {

  private static final Set<PosixFilePermission> OTHERS_MAY_WRITE =
      EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  private StubResource() {}

  /** Name of this platform's folder in the jar, such as {@code linux-x86_64}. */
  static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return os.split(" ", 2)[0] + "-" + (arch.equals("amd64") ? "x86_64" : arch);
  }

  /** The library's folder in the jar. */
  static String folder() {
    return "dev/lathe/stubs/" + platform() + "/";
  }

  /**
   * The file to load.
   *
   * @param loader sees the jar
   * @param cache folder for caches, see {@link dev.lathe.cpu.UserCache}
   * @throws IOException whose message is the reason there is none
   */
  static Path unpacked(ClassLoader loader, Path cache) throws IOException {
    byte[] library = read(loader, folder() + NativeLibrary.FILE);
    byte[] sum = read(loader, folder() + NativeLibrary.FILE + ".sha256");
    if (library == null || sum == null) {
      throw new IOException("this build has no native kernels for " + platform());
    }
    String expected = new String(sum, StandardCharsets.US_ASCII).strip();
    if (!sha256(library).equals(expected)) {
      throw new IOException("the library in the jar does not have its checksum " + expected);
    }
    Path folder = cache.resolve("lathe").resolve(expected);
    Path file = folder.resolve(NativeLibrary.FILE);
    try {
      makeFolder(folder);
      if (!hasChecksum(file, expected)) {
        write(library, folder, file);
      }
    } catch (IOException unwritable) {
      throw new IOException(
          "the library cannot be unpacked to " + file + " (" + unwritable + ")", unwritable);
    }
    return file;
  }

  private static byte @Nullable [] read(ClassLoader loader, String name) throws IOException {
    try (InputStream in = loader.getResourceAsStream(name)) {
      return in == null ? null : in.readAllBytes();
    }
  }

  private static void makeFolder(Path folder) throws IOException {
    if (!Files.getFileStore(existing(folder)).supportsFileAttributeView("posix")) {
      Files.createDirectories(folder);
      return;
    }
    Files.createDirectories(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Set<PosixFilePermission> permissions =
        EnumSet.copyOf(Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS));
    permissions.retainAll(OTHERS_MAY_WRITE);
    if (!permissions.isEmpty()) {
      throw new IOException("other users may write to that folder");
    }
  }

  private static Path existing(Path folder) {
    Path up = folder.toAbsolutePath();
    while (!Files.exists(up) && up.getParent() != null) {
      up = up.getParent();
    }
    return up;
  }

  private static boolean hasChecksum(Path file, String expected) throws IOException {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        && sha256(Files.readAllBytes(file)).equals(expected);
  }

  /** Writes to a file of its own and renames it: other processes see the old one or the new one. */
  private static void write(byte[] library, Path folder, Path file) throws IOException {
    Path part = Files.createTempFile(folder, NativeLibrary.FILE, ".part");
    try {
      Files.write(part, library);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
  }
}
