package dev.lathe.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlGroupTest {

  @TempDir Path folder;

  private void write(String path, String text) throws IOException {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text + "\n");
  }

  private ControlGroup read() {
    return ControlGroup.read(folder.resolve("mount"), folder.resolve("membership"));
  }

  @Test
  void versionTwoIsReadFromTheProcessesOwnGroup() throws IOException {
    write("membership", "0::/app");
    write("mount/app/cpu.max", "150000 100000");
    write("mount/app/memory.max", "536870912");

    assertThat(read().processors()).hasValue(1.5);
    assertThat(read().memoryBytes()).hasValue(536_870_912);
  }

  @Test
  void versionOneIsReadByController() throws IOException {
    write("membership", "5:cpu,cpuacct:/docker/1\n4:memory:/docker/1");
    write("mount/cpu/docker/1/cpu.cfs_quota_us", "50000");
    write("mount/cpu/docker/1/cpu.cfs_period_us", "100000");
    write("mount/memory/memory.limit_in_bytes", "1048576");

    assertThat(read().processors()).hasValue(0.5);
    assertThat(read().memoryBytes()).as("as a container sees its own group").hasValue(1_048_576);
  }

  @Test
  void noLimitIsSaidInThreeWays() throws IOException {
    assertThat(read().processors()).isEmpty();
    write("membership", "0::/\n4:memory:/");
    write("mount/cpu.max", "max 100000");
    write("mount/memory.max", "max");
    assertThat(read().processors()).isEmpty();
    assertThat(read().memoryBytes()).isEmpty();
    write("mount/memory/memory.limit_in_bytes", "9223372036854771712");
    write("mount/cpu/cpu.cfs_quota_us", "-1");
    write("mount/cpu/cpu.cfs_period_us", "100000");
    assertThat(read().processors()).isEmpty();
    assertThat(read().memoryBytes()).isEmpty();
  }
}
