package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TableTest {

  @Test
  void textIsLeftAndNumbersAreRight() {
    Table table = new Table("name", "bytes", "kernel");
    table.row("fp32", "1,234", "f32_x");
    table.row("int8 per channel", "-", "u8s8_yy");

    assertThat(table.lines())
        .containsExactly(
            "name              bytes  kernel",
            "fp32              1,234  f32_x",
            "int8 per channel      -  u8s8_yy");
  }

  @Test
  void aRowMustFitTheHeader() {
    Table table = new Table("a", "b");
    assertThatThrownBy(() -> table.row("only one")).isInstanceOf(IllegalArgumentException.class);
  }
}
