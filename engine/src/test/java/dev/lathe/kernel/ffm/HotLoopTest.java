package dev.lathe.kernel.ffm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The compiler kept the accumulators of the inner loops in registers. */
class HotLoopTest {

  private static final Pattern INSTRUCTION =
      Pattern.compile("\\s*([0-9a-f]+):\\s+(?:\\{vex\\}\\s+)?(\\S+)\\s*(.*)");
  private static final Pattern SPILL =
      Pattern.compile(".*\\(%r[sb]p.*%[xyz]mm.*|.*%[xyz]mm.*\\(%rsp.*");

  @TempDir private Path cache;

  /** One line of the disassembly. */
  private record Instruction(long address, String name, String operands) {

    boolean jumpsBackTo(Instruction other) {
      return name.startsWith("j") && operands.startsWith(Long.toHexString(other.address) + " ");
    }

    boolean hasMemory() {
      return operands.contains("(");
    }
  }

  @Test
  void innerLoopsOfProductsDoNotSpill() throws Exception {
    List<List<Instruction>> loops = innerLoops(disassembly(library()));
    List<List<Instruction>> products =
        loops.stream()
            .filter(loop -> count(loop, "vpdpbusd|vpmaddwd|vpmaddubsw") > 0 && isWhole(loop))
            .toList();

    assertThat(products)
        .as("tiles of 12x32 (24 accumulators), 6x16 (12) and 4x16 (8, two products each)")
        .anyMatch(loop -> count(loop, "vpdpbusd") == 24)
        .anyMatch(loop -> count(loop, "vpdpbusd") == 12)
        .anyMatch(loop -> count(loop, "vpmaddwd") == 16);
    for (int run : new int[] {8, 4, 2, 1}) {
      assertThat(products)
          .as("3x16 tiles of runs of %d quads: 6 products each, which vpmaddwd adds once", run)
          .anyMatch(loop -> count(loop, "vpmaddubsw") == 6L * run && count(loop, "vpmaddwd") == 6);
    }
    for (long pairs : new long[] {6, 15}) {
      assertThat(products)
          .as("4 pixels of a depthwise 3x3 (6 pairs each) or 5x5 (15), at strides 1 and 2")
          .filteredOn(loop -> !isList(loop) && count(loop, "vpmaddwd") == 4 * pairs)
          .hasSize(2);
    }
    List<List<Instruction>> lists = products.stream().filter(HotLoopTest::isList).toList();
    assertThat(lists)
        .as("lists of sparse weights: one output channel, 12 vectors; four, 6, 3 and 2 vectors")
        .anyMatch(loop -> count(loop, "vpdpbusd") == 12)
        .anyMatch(loop -> count(loop, "vpdpbusd") == 24)
        .anyMatch(loop -> count(loop, "vpmaddwd") == 24)
        .anyMatch(loop -> count(loop, "vpmaddwd") == 16);
    assertThat(products)
        .allSatisfy(
            loop ->
                assertThat(loop)
                    .noneMatch(instruction -> SPILL.matcher(instruction.operands).matches()));
  }

  @Test
  void innerLoopsOfSignsDoNotSpill() throws Exception {
    List<List<Instruction>> loops =
        innerLoops(disassembly(library())).stream()
            .filter(loop -> count(loop, "vpopcntd") >= 2 || count(loop, "vpshufb") >= 8)
            .filter(loop -> count(loop, "vpopcntd") > 0 || count(loop, "vpaddb") >= 8)
            .toList();
    assumeThat(loops).as("products of signs, whose loops are known of x86-64").isNotEmpty();

    assertThat(loops)
        .as("tiles of 12x32 (24 counts), with zeros and without; of 4x64 (two look-ups each)")
        .anyMatch(loop -> count(loop, "vpopcntd") == 24 && count(loop, "vpternlogd") == 24)
        .anyMatch(loop -> count(loop, "vpopcntd") == 24 && count(loop, "vpternlogd") == 0)
        .anyMatch(loop -> count(loop, "vpshufb") == 16)
        .allSatisfy(
            loop ->
                assertThat(loop)
                    .noneMatch(instruction -> SPILL.matcher(instruction.operands).matches()));
  }

  @Test
  void innerLoopOfTilesOnlyLoadsAndMultiplies() throws Exception {
    List<List<Instruction>> loops =
        innerLoops(disassembly(library())).stream()
            .filter(loop -> count(loop, "tdpbusd") == 4)
            .toList();
    assumeThat(loops).as("tiles, which only x86-64 has").isNotEmpty();
    assertThat(loops).as("of lists of tiles, too").anyMatch(HotLoopTest::isList);

    assertThat(loops)
        .allSatisfy(
            loop -> {
              assertThat(count(loop, "tileloadd")).isEqualTo(isList(loop) ? 5 : 4);
              assertThat(loop)
                  .noneMatch(instruction -> instruction.operands.matches(".*\\(%r[sb]p.*"))
                  .noneMatch(instruction -> instruction.name.matches("tilestored|call.*|v.*"));
            });
  }

  @Test
  void innerLoopsOfProbesTouchNoMemory() throws Exception {
    assumeThat(StubResource.platform()).as("probes whose loops are known").endsWith("x86_64");
    List<List<Instruction>> loops =
        innerLoops(disassembly(library())).stream()
            .filter(loop -> loop.stream().noneMatch(Instruction::hasMemory))
            .toList();

    assertThat(loops)
        .as("probes of AVX-512 VNNI (16 chains), AVX-VNNI (14), AVX2 (5) and AMX (6)")
        .anyMatch(loop -> count(loop, "vpdpbusd") == 16)
        .anyMatch(loop -> count(loop, "vpdpbusd") == 14)
        .anyMatch(loop -> count(loop, "vpmaddubsw") == 5 * 8)
        .anyMatch(loop -> count(loop, "tdpbusd") == 6);
  }

  private static long count(List<Instruction> loop, String names) {
    return loop.stream().filter(instruction -> instruction.name.matches(names)).count();
  }

  /**
   * Whether a loop goes through entries of sparse weights, where an input's offset is
   * sign-extended.
   */
  private static boolean isList(List<Instruction> loop) {
    return count(loop, "movslq") == 1;
  }

  /** Whether a loop is an inner one, not part of an outer one that deals with a remainder, too. */
  private static boolean isWhole(List<Instruction> loop) {
    return count(loop, "call.*|ret.*") == 0;
  }

  /** Stretches that end in a jump to their first instruction and have no other such jump. */
  private static List<List<Instruction>> innerLoops(List<Instruction> code) {
    List<List<Instruction>> loops = new ArrayList<>();
    int previous = -1;
    for (int end = 0; end < code.size(); end++) {
      if (code.get(end).name.startsWith("ret")) {
        previous = end;
      }
      for (int start = end; start > previous; start--) {
        if (code.get(end).jumpsBackTo(code.get(start))) {
          loops.add(code.subList(start, end + 1));
          previous = end;
        }
      }
    }
    return loops;
  }

  private Path library() throws IOException {
    ClassLoader jar = NativeLibrary.class.getClassLoader();
    assumeThat(jar.getResource(StubResource.folder() + NativeLibrary.FILE))
        .as("native library in this build")
        .isNotNull();
    return StubResource.unpacked(jar, cache);
  }

  private static boolean hasObjdump() throws InterruptedException {
    try {
      return new ProcessBuilder("objdump", "--version")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException absent) {
      return false;
    }
  }

  private static List<Instruction> disassembly(Path library) throws Exception {
    assumeThat(hasObjdump()).as("objdump is installed").isTrue();
    Process objdump =
        new ProcessBuilder("objdump", "-d", "--no-show-raw-insn", library.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<Instruction> code = new ArrayList<>();
    try (var lines = objdump.inputReader()) {
      lines.lines().forEach(line -> parse(line, code));
    }
    assertThat(objdump.waitFor()).isZero();
    return code;
  }

  private static void parse(String line, List<Instruction> code) {
    Matcher matcher = INSTRUCTION.matcher(line);
    if (matcher.matches()) {
      long address = Long.parseLong(matcher.group(1), 16);
      code.add(new Instruction(address, matcher.group(2), matcher.group(3)));
    }
  }
}
