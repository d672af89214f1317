package dev.lathe.report.conformance;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.LatheException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.TensorFile;
import dev.lathe.onnx.ValueKind;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Runs test cases on the engine. Whatever a case does, its result is an {@link Outcome}. */
public final class CaseRunner {

  /** Operators whose values no two engines share. */
  private static final Set<String> RANDOM =
      Set.of(
          "Bernoulli",
          "Multinomial",
          "RandomNormal",
          "RandomNormalLike",
          "RandomUniform",
          "RandomUniformLike");

  private final RunOptions options;
  private final Closeness closeness;

  public CaseRunner(RunOptions options, Closeness closeness) {
    this.options = options;
    this.closeness = closeness;
  }

  /** Runs every data set of a case; the first that fails decides. */
  public CaseResult run(TestCase test) {
    List<String> operators = List.of();
    try {
      if (!Files.isRegularFile(test.model())) {
        String why = TestCase.MODEL + " has to be downloaded, " + TestCase.DOWNLOAD + " says where";
        return new CaseResult(test.name(), Outcome.SKIPPED, why, "", operators);
      }
      List<TestCase.DataSet> sets = test.dataSets();
      if (sets.isEmpty()) {
        String why = "there is no test_data_set_*";
        return new CaseResult(test.name(), Outcome.SKIPPED, why, "", operators);
      }
      Network network = OnnxReader.read(test.model(), warning -> {});
      operators = network.graph().nodes().stream().map(Node::qualifiedOp).distinct().toList();
      requireTensors("input", network.graph().inputs());
      requireTensors("output", network.graph().outputs());
      for (TestCase.DataSet set : sets) {
        String mismatch = run(network, set);
        if (mismatch != null) {
          String where = set.folder().getFileName().toString();
          return new CaseResult(test.name(), Outcome.WRONG, mismatch, where, operators);
        }
      }
      return isRandom(network)
          ? new CaseResult(
              test.name(),
              Outcome.SKIPPED,
              "its values are random; types and shapes are right",
              "",
              operators)
          : new CaseResult(test.name(), Outcome.PASSED, "", "", operators);
    } catch (UnsupportedException unsupported) {
      return reported(test, Outcome.UNSUPPORTED, unsupported, operators);
    } catch (LatheException refused) {
      return reported(test, Outcome.ERROR, refused, operators);
    } catch (IOException | RuntimeException | StackOverflowError | AssertionError failure) {
      StackTraceElement[] trace = failure.getStackTrace();
      String where = trace.length == 0 ? "" : trace[0].toString();
      return new CaseResult(test.name(), Outcome.ERROR, failure.toString(), where, operators);
    }
  }

  private static CaseResult reported(
      TestCase test, Outcome outcome, LatheException exception, List<String> operators) {
    Problem problem = exception.problems().getFirst();
    return new CaseResult(test.name(), outcome, problem.what(), problem.where(), operators);
  }

  private static boolean isRandom(Network network) {
    return network.graph().nodes().stream().anyMatch(node -> RANDOM.contains(node.qualifiedOp()));
  }

  private static void requireTensors(String what, List<ValueInfo> values) {
    for (ValueInfo value : values) {
      ValueKind kind = ValueKind.of(value);
      if (kind != ValueKind.TENSOR && kind != ValueKind.UNDECLARED) {
        throw new UnsupportedException(
            Problem.of(what + " is " + kind, what + " '" + value.name() + "'"));
      }
      if (value.dtype() == DType.STRING) {
        throw new UnsupportedException(
            Problem.of(what + " is a tensor of strings", what + " '" + value.name() + "'"));
      }
    }
  }

  /** Why a run is wrong; null when it is right. */
  private @Nullable String run(Network network, TestCase.DataSet set) {
    Map<String, Tensor> fed = inputs(network, set);
    Network complete = withAnyShapes(withGivenConstants(network, fed));
    List<ValueInfo> outputs = network.graph().outputs();
    if (outputs.size() < set.outputs().size()) {
      throw new InvalidDataException(
          Problem.of(
              set.outputs().size() + " outputs are expected, the model has " + outputs.size(),
              set.folder().toString()));
    }
    List<Tensor> inputs =
        network.graph().inputs().stream().map(input -> required(fed, input, set)).toList();
    try (NetworkRunner runner = new NetworkRunner(complete, options)) {
      List<Tensor> results = runner.run(inputs);
      for (int i = 0; i < set.outputs().size(); i++) {
        Tensor expected =
            asDeclared(TensorFile.read(set.outputs().get(i)).tensor(), outputs.get(i));
        String mismatch =
            isRandom(network)
                ? Closeness.mismatchOfForm(results.get(i), expected)
                : closeness.mismatch(results.get(i), expected);
        if (mismatch != null) {
          return "output '" + outputs.get(i).name() + "' " + mismatch;
        }
      }
    }
    return null;
  }

  /** Tensors by the input they name, else in the order of the inputs. */
  private static Map<String, Tensor> inputs(Network network, TestCase.DataSet set) {
    List<ValueInfo> inputs = network.graph().inputs();
    Map<String, Tensor> fed = new LinkedHashMap<>();
    for (int i = 0; i < set.inputs().size(); i++) {
      Path file = set.inputs().get(i);
      TensorFile.Named named = TensorFile.read(file);
      boolean known =
          network.graph().isInput(named.name()) || network.graph().isConstant(named.name());
      if (!known && i >= inputs.size()) {
        throw new InvalidDataException(
            Problem.of("the model has " + inputs.size() + " inputs", file.toString()));
      }
      fed.put(known ? named.name() : inputs.get(i).name(), named.tensor());
    }
    return fed;
  }

  /** Initializers that are listed as inputs, too, are defaults: what is fed replaces them. */
  private static Network withGivenConstants(Network network, Map<String, Tensor> fed) {
    Map<String, Tensor> constants = new LinkedHashMap<>(network.graph().constants());
    constants.replaceAll((name, tensor) -> fed.getOrDefault(name, tensor));
    return network.withGraph(network.graph().withConstants(constants));
  }

  /** The data decide about shapes; some cases of the suite contradict what their model declares. */
  private static Network withAnyShapes(Network network) {
    Graph graph = network.graph();
    List<ValueInfo> inputs =
        graph.inputs().stream()
            .map(input -> new ValueInfo(input.name(), input.dtype(), null, input.opaque()))
            .toList();
    return network.withGraph(
        new Graph(
            graph.name(),
            inputs,
            graph.outputs(),
            graph.constants(),
            graph.nodes(),
            graph.valueInfos(),
            graph.opaque()));
  }

  private static Tensor required(Map<String, Tensor> fed, ValueInfo input, TestCase.DataSet set) {
    Tensor tensor = fed.get(input.name());
    if (tensor == null) {
      throw new InvalidDataException(
          Problem.of("nothing is fed to input '" + input.name() + "'", set.folder().toString()));
    }
    return asDeclared(tensor, input);
  }

  /** NumPy has no bfloat16: the suite keeps such tensors as the same bits under uint16. */
  private static Tensor asDeclared(Tensor tensor, ValueInfo declared) {
    return declared.dtype() == DType.BFLOAT16 && tensor.dtype() == DType.UINT16
        ? new Tensor(DType.BFLOAT16, tensor.shape(), tensor.data())
        : tensor;
  }
}
