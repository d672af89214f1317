package dev.lathe.kernel.ffm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.cpu.Isa;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@link Symbols} says the same as the header. */
class SymbolsTest {

  private static final Path HEADER = Path.of("../native-stubs/src/main/c/lathe.h");
  private static final Pattern FUNCTION =
      Pattern.compile("LATHE_EXPORT\\s+(\\w+)\\s+(\\w+)\\(([^)]*)\\);");
  private static final Pattern TYPE =
      Pattern.compile("#define (\\w+)\\(name\\)\\s+LATHE_EXPORT\\s+(\\w+)\\s+name\\(([^)]*)\\)");

  @Test
  void bindsTheFunctionsOfTheHeaderWithTheirTypes() throws IOException {
    String header = Files.readString(HEADER).replace("\\\n", " ");
    Map<String, FunctionDescriptor> declared = new TreeMap<>();
    FUNCTION
        .matcher(header)
        .results()
        .forEach(function -> declared.put(function.group(2), descriptor(function, 1)));
    List<MatchResult> types = TYPE.matcher(header).results().toList();
    for (MatchResult type : types) {
      Pattern.compile(type.group(1) + "\\((\\w+)\\);")
          .matcher(header)
          .results()
          .forEach(function -> declared.put(function.group(1), descriptor(type, 2)));
    }

    assertThat(types).isNotEmpty();
    assertThat(declared).isEqualTo(new TreeMap<>(Symbols.DESCRIPTORS));
  }

  @Test
  void knowsTheNumbersOfTheHeader() throws IOException {
    String header = Files.readString(HEADER);

    assertThat(constant(header, "LATHE_ABI")).isEqualTo(Symbols.ABI);
    assertThat(constant(header, "LATHE_CPU_AMX_REFUSED")).isEqualTo(NativeLibrary.AMX_REFUSED);
    assertThat(NativeLibrary.CPU_BITS)
        .hasSize(Math.toIntExact(Arrays.stream(Isa.values()).filter(Isa::isNative).count()))
        .allSatisfy((isa, bit) -> assertThat(constant(header, "LATHE_CPU_" + isa)).isEqualTo(bit));
  }

  private static int constant(String header, String name) {
    Matcher matcher = Pattern.compile("#define " + name + " (\\d+)").matcher(header);
    assertThat(matcher.find()).as(name).isTrue();
    return Integer.parseInt(matcher.group(1));
  }

  /** The type whose result is in a group of the match and whose parameters are in group 3. */
  private static FunctionDescriptor descriptor(MatchResult function, int result) {
    String parameters = function.group(3).strip();
    MemoryLayout[] layouts =
        parameters.equals("void")
            ? new MemoryLayout[0]
            : Arrays.stream(parameters.split(",", -1))
                .map(SymbolsTest::layout)
                .toArray(MemoryLayout[]::new);
    return function.group(result).equals("void")
        ? FunctionDescriptor.ofVoid(layouts)
        : FunctionDescriptor.of(layout(function.group(result)), layouts);
  }

  private static MemoryLayout layout(String parameter) {
    if (parameter.contains("*")) {
      return ValueLayout.JAVA_LONG;
    }
    String type = parameter.strip().split("\\s+", 2)[0];
    return switch (type) {
      case "int32_t" -> ValueLayout.JAVA_INT;
      case "int64_t" -> ValueLayout.JAVA_LONG;
      case "float" -> ValueLayout.JAVA_FLOAT;
      default -> throw new AssertionError("no layout for " + parameter);
    };
  }
}
