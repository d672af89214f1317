package dev.lathe.onnx;

import dev.lathe.error.FileReason;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Function;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphVerifier;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.onnx.proto.ModelProto;
import dev.lathe.onnx.proto.OperatorSetIdProto;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads ONNX files of any size. Files are mapped into memory and the network's tensors point into
 * them, so a file must not be changed in place while a network read from it is in use; replacing it
 * is fine.
 *
 * <p>Versions: IR 3 and later (after {@value #NEWEST_IR} with a warning: later ones so far only
 * added fields and element types, and unknown fields are kept), default operator set {@value
 * #OLDEST_OPSET} to {@value #NEWEST_OPSET}; up to {@value #NEWEST_LIKELY_OPSET} with a warning,
 * because those sets only widened element types of operators Lathe runs. Anything else is an {@link
 * UnsupportedException}. Versions of other domains are left to the operators.
 *
 * <p>Nodes without a name get one, nodes in the wrong order are sorted, names of nodes used twice
 * are numbered; the latter two with a warning. Everything not understood is kept for {@link
 * OnnxWriter}.
 *
 * <p>All methods throw {@link InvalidModelException} for input that is damaged, inconsistent or no
 * ONNX model, naming the place. Memory taken beyond the mapping is in proportion to the bytes
 * really there, whatever lengths and shapes claim.
 */
public final class OnnxReader {

  /** The spelled-out form of the default operator domain. */
  static final String DEFAULT_DOMAIN = "ai.onnx";

  private static final int OLDEST_IR = 3;
  private static final int NEWEST_IR = 12;
  private static final int OLDEST_OPSET = 1;
  private static final int NEWEST_OPSET = 23;
  private static final int NEWEST_LIKELY_OPSET = 26;

  private static final System.Logger LOG = System.getLogger("dev.lathe.onnx");

  private final Consumer<Problem> warnings;

  private OnnxReader(Consumer<Problem> warnings) {
    this.warnings = warnings;
  }

  /** Reads a file; warnings go to the system logger {@code dev.lathe.onnx}. */
  public static Network read(Path file) {
    return read(file, OnnxReader::log);
  }

  /** Reads a file and the external data beside it. */
  public static Network read(Path file, Consumer<Problem> warnings) {
    Path absolute = file.toAbsolutePath().normalize();
    return read(map(file), file.toString(), absolute.getParent(), warnings);
  }

  /** Reads a whole stream, without external data; the stream is left open. */
  public static Network read(InputStream stream) throws IOException {
    return read(stream.readAllBytes());
  }

  /**
   * Reads a model in memory, without external data; the network keeps pointing into {@code model}.
   */
  public static Network read(byte[] model) {
    return read(model, OnnxReader::log);
  }

  /** Reads a model in memory, as {@link #read(byte[])}. */
  public static Network read(byte[] model, Consumer<Problem> warnings) {
    return read(MemorySegment.ofArray(model), "model in memory", (Path) null, warnings);
  }

  /**
   * Reads a model in memory.
   *
   * @param source names it in messages
   * @param folder of the external data; null when it may have none
   */
  public static Network read(
      MemorySegment model, String source, @Nullable Path folder, Consumer<Problem> warnings) {
    return new OnnxReader(warnings).decode(model, source, new ExternalData(folder));
  }

  /** Reads a model that {@link OnnxWriter#detached} wrote. */
  public static Network read(
      MemorySegment model, String source, TensorSource contents, Consumer<Problem> warnings) {
    return new OnnxReader(warnings).decode(model, source, new DetachedContents.Lookup(contents));
  }

  /** Passes a warning to the system logger {@code dev.lathe.onnx}. */
  public static void log(Problem warning) {
    LOG.log(System.Logger.Level.WARNING, warning::toString);
  }

  /**
   * Maps a file into memory; what is no regular file is read whole.
   *
   * @throws InvalidModelException when it can't be read
   */
  public static MemorySegment map(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        return MemorySegment.ofArray(Files.readAllBytes(file));
      }
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static InvalidModelException unreadable(Path file, IOException cause) {
    return new InvalidModelException(
        new Problem(
            "can't read the model",
            file.toString(),
            FileReason.of(cause),
            "check the path and its permissions"),
        cause);
  }

  private Network decode(MemorySegment bytes, String source, OutsideContents outside) {
    String other = Magic.describe(bytes);
    if (other != null) {
      throw new InvalidModelException(
          new Problem(
              "not an ONNX model but " + other, source, "", "give the path of an .onnx file"));
    }
    Budget budget = new Budget();
    Wire wire = Wire.ofFile(bytes, budget, "model " + source);
    Wire.Field graphField = wire.single(ModelProto.GRAPH_FIELD_NUMBER);
    if (graphField == null) {
      throw wire.invalid("not an ONNX model: it has no graph", "field 7 of the model is missing");
    }
    ModelProto head = wire.parse(ModelProto.parser(), ModelOrigin::isKnown);
    Map<String, Long> opsets = opsets(head.getOpsetImportList());
    checkVersions(head.getIrVersion(), opsets, source);
    GraphDecoder decoder = new GraphDecoder(outside, warnings);
    Graph graph = decoder.decode(graphField, "graph", 0);
    List<Function> functions = new ArrayList<>();
    for (Wire.Field function : wire.all(ModelProto.FUNCTIONS_FIELD_NUMBER)) {
      functions.add(decoder.decodeFunction(function));
    }
    checkDomains(graph, opsets, source);
    GraphVerifier.verify(graph);
    budget.lift();
    return new Network(
        head.getIrVersion(),
        opsets,
        graph,
        head.getProducerName(),
        NodeDecoder.metadata(head.getMetadataPropsList()),
        new ModelOrigin(wire, head, List.copyOf(functions)));
  }

  /** Imported versions by domain, the default domain in its short form. */
  static Map<String, Long> opsets(List<OperatorSetIdProto> imports) {
    Map<String, Long> opsets = new LinkedHashMap<>();
    for (OperatorSetIdProto opset : imports) {
      Long before = opsets.put(domain(opset), opset.getVersion());
      if (before != null && before != opset.getVersion()) {
        throw OnnxErrors.invalid(
            "domain '"
                + opset.getDomain()
                + "' is imported in versions "
                + before
                + " and "
                + opset.getVersion(),
            "opset_import",
            "");
      }
    }
    return opsets;
  }

  private static String domain(OperatorSetIdProto opset) {
    return opset.getDomain().equals(DEFAULT_DOMAIN) ? "" : opset.getDomain();
  }

  private void checkVersions(long ir, Map<String, Long> opsets, String source) {
    if (ir < OLDEST_IR) {
      throw unsupported("IR version " + ir, source, OLDEST_IR + " to " + NEWEST_IR + " are read");
    }
    if (ir > NEWEST_IR) {
      warnings.accept(
          Problem.of(
              "IR version " + ir + " is newer than " + NEWEST_IR + ", the newest known", source));
    }
    Long opset = opsets.get("");
    if (opset != null && (opset < OLDEST_OPSET || opset > NEWEST_LIKELY_OPSET)) {
      throw unsupported(
          "operator set version " + opset,
          source,
          OLDEST_OPSET + " to " + NEWEST_OPSET + " are supported");
    }
    if (opset != null && opset > NEWEST_OPSET) {
      warnings.accept(
          Problem.of(
              "operator set " + opset + " is read as " + NEWEST_OPSET + ", the newest known",
              source));
    }
  }

  private static UnsupportedException unsupported(String what, String source, String why) {
    return new UnsupportedException(
        new Problem(what, source, why, "convert the model with onnx.version_converter"));
  }

  /**
   * Every operator must come from an imported set; domains of model-local functions are imported,
   * too.
   */
  private static void checkDomains(Graph graph, Map<String, Long> opsets, String source) {
    Set<String> missing = new LinkedHashSet<>();
    for (Node node : graph.nodes()) {
      if (!opsets.containsKey(node.domain())) {
        missing.add(node.domain());
      }
    }
    List<Problem> problems = new ArrayList<>();
    for (String domain : missing) {
      problems.add(
          new Problem(
              "operators of domain '" + domain + "' are used but no version of it is imported",
              source,
              "opset_import says which version of an operator is meant",
              OnnxErrors.DAMAGED));
      if (problems.size() == 100) {
        break;
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidModelException(problems);
    }
  }
}
