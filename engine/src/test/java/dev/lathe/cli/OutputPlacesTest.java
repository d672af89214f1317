package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Places that can't be written to are refused before anything is read. */
class OutputPlacesTest extends CommandLineTest {

  /** A model that can't be read is exit code 3, so 2 means that nobody looked. */
  private void refused(String command, Path place, String message) {
    List<Object> words = new ArrayList<>(List.of((Object[]) command.split(" ")));
    Collections.replaceAll(words, "PLACE", place);
    Collections.replaceAll(words, "NONE", folder.resolve("none.onnx"));
    assertThat(lathe(words.toArray())).as(err::toString).isEqualTo(2);
    assertThat(err.toString()).contains(message, folder.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quantize NONE -o PLACE --force",
        "prune NONE -o PLACE --sparsity 0.5 --force",
        "share NONE -o PLACE --force",
        "factorize NONE -o PLACE --force",
        "simplify NONE -o PLACE --force",
        "compress NONE -o PLACE --recipe NONE --force",
        "rebuild NONE --from NONE -o PLACE --force",
        "quantize NONE -o x.onnx --json PLACE --force",
        "prune NONE --dry-run --sparsity 0.5 --json PLACE --force",
        "sensitivity NONE --data NONE --json PLACE --force",
        "sensitivity NONE --data NONE --bits 4 --mixed PLACE --force",
        "diff NONE NONE --json PLACE --force",
        "verify NONE --json PLACE --force",
        "inspect NONE --json PLACE --force",
        "doctor NONE --json PLACE --force",
        "bench NONE --json PLACE --force",
        "bench NONE --profile --html PLACE --force",
        "explain NONE --html PLACE --force",
        "compare NONE --data NONE --html PLACE --force",
        "conformance NONE --json PLACE --force"
      })
  void aFolderIsNoFile(String command) throws IOException {
    refused(command, Files.createDirectory(folder.resolve("place")), "this is a folder");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "compress NONE -o PLACE --recipe NONE",
        "verify NONE --json PLACE",
        "compare NONE --data NONE --html PLACE"
      })
  void theFolderMustBeThere(String command) {
    refused(command, folder.resolve("no").resolve("made"), "folder does not exist");
  }

  @Test
  void theFolderMustTakeFiles() throws IOException {
    Path closed = Files.createDirectory(folder.resolve("closed"));
    PosixFileAttributeView view = Files.getFileAttributeView(closed, PosixFileAttributeView.class);
    view.setPermissions(PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeFalse(Files.isWritable(closed), "this user may write anywhere");
    refused("prune NONE --sparsity 0.5 -o PLACE", closed.resolve("made"), "can't be written to");
  }
}
