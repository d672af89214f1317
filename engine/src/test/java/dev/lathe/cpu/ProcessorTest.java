package dev.lathe.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessorTest {

  @Test
  void readsX86() {
    Processor processor =
        Processor.parse(
            List.of(
                "processor\t: 0",
                "model name\t: Some CPU @ 2.0GHz",
                "flags\t\t: fpu avx2 avx512f avx512_vnni hypervisor",
                "processor\t: 1",
                "model name\t: Other",
                "flags\t\t: fpu"),
            "amd64");
    assertThat(processor.name()).isEqualTo("Some CPU @ 2.0GHz");
    assertThat(processor.features()).containsExactlyInAnyOrder("avx2", "avx512f", "avx512_vnni");
  }

  @Test
  void readsArmWhichHasNoName() {
    Processor processor =
        Processor.parse(
            List.of("processor\t: 0", "Features\t: fp asimd asimddp i8mm", "CPU part\t: 0xd40"),
            "aarch64");
    assertThat(processor.name()).isEqualTo("aarch64");
    assertThat(processor.features()).containsExactlyInAnyOrder("asimd", "asimddp", "i8mm");
  }
}
