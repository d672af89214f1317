package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.sample.SampleData;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import tools.jackson.jr.ob.JSON;

class CompareCommandTest {

  private static final int IMAGES = 96;

  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path model = Path.of("");
  private Path images = Path.of("");

  @BeforeEach
  void writeFiles() throws IOException {
    model = TinyClassifier.write(folder);
    images = TinyClassifier.writeImages(folder, IMAGES, true);
  }

  private int lathe(Object... arguments) {
    List<String> words = new ArrayList<>();
    for (Object argument : arguments) {
      words.add(argument.toString());
    }
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(words.toArray(String[]::new));
  }

  private int compare(Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of(
                "compare",
                model,
                "--data",
                images,
                "--samples",
                32,
                "--warmup",
                "50ms",
                "--quiet",
                "--html",
                folder.resolve("report.html")));
    words.addAll(List.of(more));
    return lathe(words.toArray());
  }

  @Test
  @SuppressWarnings("unchecked")
  void reportsTheWholeLadder() throws Exception {
    Path json = folder.resolve("rows.json");

    assertThat(compare("--json", json)).as(err.toString()).isZero();

    assertThat(out.toString())
        .contains("cpu ", "threads  1 of", "int8-channel", "int2*", "set apart", "report: ");
    Map<String, Object> document = JSON.std.mapFrom(Files.readAllBytes(json));
    assertThat(document).containsKeys("model", "environment", "rows");
    assertThat((Map<String, Object>) document.get("environment"))
        .containsKeys("cpu", "isa", "threads", "jvm", "native");
    List<Map<String, Object>> rows = (List<Map<String, Object>>) document.get("rows");
    assertThat(rows).hasSize(8);
    for (Map<String, Object> row : rows) {
      checkRow(row, (Map<String, Object>) row.get("accuracy"));
    }
    assertThat(rows.get(2))
        .extractingByKey("kernels", org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .anyMatch(kernel -> kernel.toString().startsWith("u8s8_"));
    checkHtml(Files.readString(folder.resolve("report.html")));
  }

  @Test
  @SuppressWarnings("unchecked")
  void recipesAreRowsLikeOthers() throws Exception {
    Path sparse = folder.resolve("sparse.yaml");
    Files.writeString(
        sparse, "steps: [prune: {sparsity: 0.5, nodes: .}, quantize: {weights: int8}]");
    Path codebook = folder.resolve("codebook.yaml");
    Files.writeString(codebook, "steps: [quantize: {weights: 'kmeans:4', activations: none}]");
    Path json = folder.resolve("rows.json");

    assertThat(compare("--only", "fp32", "--recipe", sparse, "--recipe", codebook, "--json", json))
        .as(err.toString())
        .isZero();

    Map<String, Object> document = JSON.std.mapFrom(Files.readAllBytes(json));
    List<Map<String, Object>> rows = (List<Map<String, Object>>) document.get("rows");
    assertThat(rows)
        .extracting(row -> row.get("variant"))
        .containsExactly("fp32", "sparse", "codebook");
    assertThat((double) rows.get(1).get("sparsity")).isGreaterThan(0.3);
    assertThat((String) rows.get(1).get("command")).contains("--recipe " + sparse);
    assertThat((String) rows.get(1).get("quantize_command"))
        .startsWith("lathe compress " + model)
        .endsWith("--recipe " + sparse + " -o sparse.onnx");
    assertThat((String) rows.get(2).get("description")).contains("kmeans:4");
    for (Map<String, Object> row : rows) {
      checkRow(row, (Map<String, Object>) row.get("accuracy"));
      assertThat(row).containsKeys("compact_bytes", "compact_compression_ratio");
      assertThat(row.get("latency_ms")).isNotNull();
    }
    assertThat(Files.readString(folder.resolve("report.html"))).contains("kmeans:4", "codebook");

    Path same = Files.copy(sparse, folder.resolve("int4.yaml"));
    assertThat(compare("--recipe", same, "--force")).isEqualTo(2);
    assertThat(err.toString()).contains("two rows of the name 'int4'");
  }

  private static void checkRow(Map<String, Object> row, Map<String, Object> accuracy) {
    assertThat(row)
        .containsKeys(
            "variant",
            "weights",
            "activations",
            "sparsity",
            "file_bytes",
            "weight_bytes",
            "compression_ratio",
            "latency_ms",
            "speedup_vs_fp32",
            "speedup_ci95",
            "kernels",
            "command");
    assertThat(accuracy).containsKeys("metric", "value", "drop", "drop_ci95");
    assertThat(accuracy.get("n")).isEqualTo(IMAGES - 32);
    boolean simulated = Boolean.TRUE.equals(row.get("simulated"));
    assertThat(row.get("speedup_vs_fp32") == null).isEqualTo(simulated);
    assertThat(row.get("latency_ms") == null).isEqualTo(simulated);
  }

  private static void checkHtml(String html) throws Exception {
    assertThat(html).doesNotContain("http:", "https:", "<script", "url(", "@import");
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(html.getBytes(StandardCharsets.UTF_8)));
    assertThat(document.getDocumentElement().getTextContent()).contains(TinyClassifier.HOSTILE);
    assertThat(document.getElementsByTagName("table").getLength()).isEqualTo(3);
    NodeList pictures = document.getElementsByTagName("svg");
    assertThat(pictures.getLength()).isEqualTo(4);
    for (int i = 0; i < pictures.getLength(); i++) {
      Element picture = (Element) pictures.item(i);
      assertThat(picture.getAttribute("role")).isEqualTo("img");
      assertThat(html).contains("id=\"" + picture.getAttribute("aria-labelledby") + "\"");
    }
  }

  @Test
  void gatesSetTheExitCode() {
    assertThat(compare("--only", "int8-tensor", "--fail-on-drop", -101)).isEqualTo(5);
    assertThat(err.toString()).contains("int8-tensor loses");
    assertThat(compare("--only", "int8-channel", "--min-speedup", 1e9, "--force")).isEqualTo(6);
    assertThat(err.toString()).contains("int8-channel is");
  }

  @Test
  void anExistingReportIsKept() throws IOException {
    Path report = Files.writeString(folder.resolve("report.html"), "mine");

    assertThat(compare("--only", "int8-tensor")).isEqualTo(2);
    assertThat(report).hasContent("mine");
  }

  @Test
  void modelAndDataBelongTogether() {
    assertThat(lathe("compare", model)).isEqualTo(2);
    assertThat(err.toString()).contains("belong together");
  }

  @Test
  void samplesHaveToBeLeftForMeasuring() {
    assertThat(compare("--samples", IMAGES)).isEqualTo(2);
  }

  @Test
  void modelsWithoutClassesAreRefused() {
    model = TinyClassifier.writeImageModel(folder);

    assertThat(compare()).isEqualTo(4);
    assertThat(err.toString()).contains("not a classifier");
  }

  @Test
  void labelsAreNeeded() throws IOException {
    Path bare = Files.createDirectory(folder.resolve("bare"));
    images = TinyClassifier.writeImages(bare, IMAGES, false);

    assertThat(compare()).isEqualTo(3);
    assertThat(err.toString()).contains("labels");
  }

  @Test
  @SuppressWarnings("unchecked")
  void theLadderOfSparsityClaimsSpeedForSparseKernelsOnly() throws Exception {
    Path json = folder.resolve("rows.json");
    Path bare = Files.createDirectory(folder.resolve("bare"));
    model = Files.write(folder.resolve("sample.onnx"), SampleData.MODEL.bytes());

    int code =
        lathe(
            "compare",
            model,
            "--ladder",
            "--random",
            6,
            "--warmup",
            "20ms",
            "--blocks",
            30,
            "--only",
            "weight-95,2:4,1x4-95-int8,int4",
            "--json",
            json,
            "--html",
            bare.resolve("l.html"),
            "--quiet");

    assertThat(code).as(err.toString()).isZero();
    assertThat(out.toString()).contains("agreement %", "of dense", "1x4-95-int8");
    Map<String, Object> document = JSON.std.mapFrom(Files.readAllBytes(json));
    List<Map<String, Object>> rows = (List<Map<String, Object>>) document.get("rows");
    assertThat(rows)
        .extracting(row -> row.get("variant"))
        .containsExactly("fp32", "int8", "int4", "weight-95", "2:4", "1x4-95-int8");
    assertThat(rows.getFirst().get("gain")).isNull();
    Set<Object> integers = Set.of("int4", "1x4-95-int8");
    for (Map<String, Object> row : rows.subList(1, rows.size())) {
      Map<String, Object> gain = (Map<String, Object>) row.get("gain");
      String against = integers.contains(row.get("variant")) ? "int8" : "fp32";
      assertThat(gain).containsEntry("against", against);
      assertThat(gain).containsKeys("speedup", "speedup_ci95", "why");
      Map<String, Object> dense = rows.get(against.equals("int8") ? 1 : 0);
      boolean own =
          !((List<Object>) dense.get("kernels")).containsAll((List<Object>) row.get("kernels"));
      boolean claimed = own || gain.get("why").toString().contains("small weights");
      assertThat(gain).as(row.toString()).containsEntry("claims_speed", claimed);
      assertThat(gain.get("why").toString().contains("no speed over")).isEqualTo(!claimed);
      Map<String, Object> accuracy = (Map<String, Object>) row.get("accuracy");
      assertThat(accuracy).containsEntry("metric", "agreement").containsEntry("n", 6);
    }
    assertThat((int) rows.get(2).get("weight_bytes"))
        .isLessThan((int) rows.get(1).get("weight_bytes") * 2 / 3);
    assertThat((double) rows.get(4).get("sparsity")).isBetween(0.4, 0.5);
    checkCurves(Files.readString(bare.resolve("l.html")));
  }

  private static void checkCurves(String html) throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(html.getBytes(StandardCharsets.UTF_8)));
    assertThat(document.getElementsByTagName("svg").getLength()).isEqualTo(5);
    assertThat(document.getDocumentElement().getTextContent())
        .contains("Speed against sparsity, int8", "Accuracy against bits", "weight-95");
  }

  @Test
  void theLadderTakesUnlabelledData() throws IOException {
    Path bare = Files.createDirectory(folder.resolve("bare"));
    images = TinyClassifier.writeImages(bare, IMAGES, false);

    assertThat(compare("--ladder", "--only", "binary", "--blocks", 30)).as(err.toString()).isZero();
    assertThat(out.toString()).contains("agreement %", "binary");
  }

  @Test
  void optionsOfTheLadderAreChecked() {
    assertThat(lathe("compare", model, "--random", 3)).isEqualTo(2);
    assertThat(err.toString()).contains("--random has no meaning here");
    assertThat(lathe("compare", model, "--ladder", "--random", 0)).isEqualTo(2);
    assertThat(compare("--ladder", "--random", 3)).isEqualTo(2);
    assertThat(compare("--ladder", "--only", "int8-channel")).isEqualTo(2);
    assertThat(err.toString()).contains("there is no row 'int8-channel'", "2:4-int8");
    assertThat(compare("--blocks", 30, "--time", "1s")).isEqualTo(2);
    assertThat(compare("--blocks", -1)).isEqualTo(2);
  }

  @Test
  void quantizeWritesIntegersOnce() throws IOException {
    Path target = folder.resolve("q.onnx");

    assertThat(lathe("quantize", model, "-o", target, "--data", images, "--quiet"))
        .as(err.toString())
        .isZero();
    assertThat(out.toString())
        .contains("QuantizeLinear", "ONNX bytes", "compact bytes", "wrote " + target);
    byte[] first = Files.readAllBytes(target);
    assertThat(lathe("quantize", model, "-o", target, "--weights", "int4")).isEqualTo(2);
    assertThat(target).hasBinaryContent(first);
    assertThat(lathe("quantize", model, "-o", target, "--weights", "int4", "--force")).isZero();
    assertThat(Files.readAllBytes(target)).isNotEqualTo(first);
  }

  @Test
  void quantizeExplainsWrongOptions() {
    Path target = folder.resolve("q.onnx");

    assertThat(lathe("quantize", model, "-o", target, "--weights", "int17")).isEqualTo(2);
    assertThat(lathe("quantize", model, "-o", target, "--activations", "int8")).isEqualTo(2);
    assertThat(err.toString()).contains("int17", "activations need data");
    assertThat(lathe("quantize", model, "-o", target, "--exclude", ".")).isEqualTo(2);
    assertThat(err.toString()).contains("nothing was quantized");
    assertThat(target).doesNotExist();
  }
}
