package dev.lathe.kernel.ffm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lathe.cpu.Isa;
import dev.lathe.error.UsageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library is found, or there is a reason why not. */
class NativeLibraryTest {

  private static final ClassLoader JAR = NativeLibrary.class.getClassLoader();

  @TempDir private Path cache;

  @Test
  void isUnpackedOnceForTheUserAlone() throws IOException {
    Path file = StubResource.unpacked(jarWithLibrary(), cache);
    var written = Files.getLastModifiedTime(file);

    assertThat(StubResource.unpacked(JAR, cache)).isEqualTo(file);
    assertThat(Files.getLastModifiedTime(file)).isEqualTo(written);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
        .isEqualTo("rwx------");
    try (var entries = Files.list(file.getParent())) {
      assertThat(entries).containsExactly(file);
    }
  }

  @Test
  void replacesACopyThatWasChanged() throws IOException {
    Path file = StubResource.unpacked(jarWithLibrary(), cache);
    byte[] content = Files.readAllBytes(file);
    Files.writeString(file, "something else");

    StubResource.unpacked(JAR, cache);

    assertThat(file).hasBinaryContent(content);
  }

  @Test
  void refusesAFolderOthersMayWriteTo() throws IOException {
    Path file = StubResource.unpacked(jarWithLibrary(), cache);
    Files.setPosixFilePermissions(file.getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));

    assertThatThrownBy(() -> StubResource.unpacked(JAR, cache))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("other users may write");
  }

  @Test
  void refusesALibraryWithoutItsChecksum() {
    Map<String, String> content =
        Map.of(NativeLibrary.FILE, "damaged", NativeLibrary.FILE + ".sha256", "0123");

    assertThatThrownBy(() -> StubResource.unpacked(loader(content), cache))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does not have its checksum");
    assertThat(cache).isEmptyDirectory();
  }

  @Test
  void saysThatAPlatformHasNoLibrary() {
    assertThatThrownBy(() -> StubResource.unpacked(loader(Map.of()), cache))
        .isInstanceOf(IOException.class)
        .hasMessage("this build has no native kernels for " + StubResource.platform());
  }

  @Test
  void saysWhereItCannotBeUnpacked() throws IOException {
    jarWithLibrary();
    Path blocked = Files.createFile(cache.resolve("file"));

    NativeLibrary library = NativeLibrary.load("", blocked);

    assertThat(library.has(Isa.AVX512VNNI)).isFalse();
    assertThat(library.why(Isa.AVX512VNNI))
        .contains("cannot be unpacked to")
        .contains(blocked.toString());
  }

  @Test
  void canBeTurnedOff() {
    NativeLibrary library = NativeLibrary.load("off", cache);

    assertThat(library.has(Isa.AVX512VNNI)).isFalse();
    assertThat(library.why(Isa.AVX512VNNI)).contains("-Ddev.lathe.native=off");
    assertThat(cache).isEmptyDirectory();
  }

  @Test
  void insistingOnALibraryThatCannotBeUsedIsAnError() throws IOException {
    String text = Files.writeString(cache.resolve("text.so"), "no library").toString();
    for (String setting : List.of(text, cache.resolve("absent.so").toString())) {
      assertThatThrownBy(() -> NativeLibrary.load(setting, cache).check(setting))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("-Ddev.lathe.native=" + setting)
          .hasMessageContaining("-Ddev.lathe.native=auto");
    }
    jarWithLibrary();
    Path blocked = Files.createFile(cache.resolve("file"));
    assertThatThrownBy(() -> NativeLibrary.load(NativeLibrary.ON, blocked).check(NativeLibrary.ON))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("cannot be unpacked to");
  }

  @Test
  void mayBeMissingOtherwise() throws IOException {
    jarWithLibrary();
    Path blocked = Files.createFile(cache.resolve("file"));
    for (String setting : List.of("", NativeLibrary.AUTO, NativeLibrary.OFF)) {
      NativeLibrary library = NativeLibrary.load(setting, blocked);

      assertThat(library.symbols()).isNull();
      assertThatCode(() -> library.check(setting)).doesNotThrowAnyException();
    }
  }

  @Test
  void saysThatTheCacheIsReadOnly() throws IOException {
    jarWithLibrary();
    Path readOnly = Path.of("/proc/self"); // to root, too
    assumeThat(readOnly).as("a file system nobody can write to").isDirectory();

    NativeLibrary library = NativeLibrary.load(NativeLibrary.AUTO, readOnly);

    assertThat(library.symbols()).isNull();
    assertThat(library.why(Isa.AVX512VNNI))
        .contains("cannot be unpacked to")
        .contains(readOnly.toString());
  }

  /** As where the library lies on a noexec file system, or the C library cannot load it. */
  @Test
  void saysThatTheSystemDoesNotLoadIt() throws IOException {
    String other = StubResource.platform().endsWith("x86_64") ? "aarch64" : "x86_64";
    Path file = cache.resolve(NativeLibrary.FILE);
    try (InputStream library =
        JAR.getResourceAsStream("dev/lathe/stubs/linux-" + other + "/" + NativeLibrary.FILE)) {
      assumeThat(library).as("library of the other architecture in this build").isNotNull();
      Files.copy(library, file);
    }

    NativeLibrary library = NativeLibrary.load(file.toString(), cache);

    assertThat(library.symbols()).isNull();
    assertThat(library.why(Isa.AVX512VNNI))
        .contains(file.toRealPath() + " cannot be used")
        .contains("noexec");
  }

  @Test
  void refusesFilesThatAreNotTheLibrary() throws IOException {
    Path text = Files.writeString(cache.resolve("text.so"), "no library");
    Path absent = cache.resolve("absent.so");

    assertThat(NativeLibrary.load(text.toString(), cache).why(Isa.AVX512VNNI))
        .contains(text.toRealPath() + " cannot be used");
    assertThat(NativeLibrary.load(absent.toString(), cache).why(Isa.AVX512VNNI))
        .isEqualTo("-Ddev.lathe.native=" + absent + ": no such file");
  }

  @Test
  void loadsTheLibraryAPathNames() throws IOException {
    Path file = StubResource.unpacked(jarWithLibrary(), cache);

    NativeLibrary library = NativeLibrary.load(file.toString(), cache);

    assertThat(library.symbols()).isNotNull();
    assertThat(library.why()).isEqualTo("loaded from " + file.toRealPath());
  }

  @Test
  void saysThatTheKernelRefusedPermission() throws IOException {
    Path file = StubResource.unpacked(jarWithLibrary(), cache);
    Symbols symbols = NativeLibrary.load(file.toString(), cache).symbols();

    NativeLibrary library = new NativeLibrary(symbols, NativeLibrary.AMX_REFUSED, "loaded");

    assertThat(library.has(Isa.AMX)).isFalse();
    assertThat(library.why(Isa.AMX)).contains("the kernel refused");
  }

  /** Skips the test where the build had no C compiler. */
  private static ClassLoader jarWithLibrary() throws IOException {
    try (InputStream library =
        JAR.getResourceAsStream(StubResource.folder() + NativeLibrary.FILE)) {
      assumeThat(library).as("native library in this build").isNotNull();
    }
    return JAR;
  }

  /** A jar with these files in this platform's folder. */
  private static ClassLoader loader(Map<String, String> content) {
    return new ClassLoader(null) {
      @Override
      public InputStream getResourceAsStream(String name) {
        String text = content.get(name.substring(name.lastIndexOf('/') + 1));
        return text == null
            ? null
            : new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
      }
    };
  }
}
