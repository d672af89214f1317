package dev.lathe.runtime;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Dim;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks what a caller feeds against what the model declares; reports every mismatch at once. */
public final class InputCheck {

  private InputCheck() {}

  /** Facts of tensors. */
  static List<TensorFact> facts(List<ValueInfo> declared, List<Tensor> tensors) {
    if (tensors.size() != declared.size()) {
      throw new UsageException(
          new Problem(
              "got " + tensors.size() + " inputs, the model has " + declared.size(),
              "inputs " + declared,
              "",
              "feed every input once"));
    }
    return tensors.stream().map(tensor -> TensorFact.of(tensor.dtype(), tensor.shape())).toList();
  }

  /** Checks types, ranks, fixed and symbolic dimensions. */
  static void check(List<ValueInfo> declared, List<TensorFact> facts) {
    List<Problem> problems = new ArrayList<>();
    Map<String, Long> symbols = new HashMap<>();
    for (int i = 0; i < declared.size(); i++) {
      ValueInfo info = declared.get(i);
      String mismatch = mismatch(info, facts.get(i), symbols);
      if (!mismatch.isEmpty()) {
        problems.add(
            new Problem(
                "input '" + info.name() + "' got " + facts.get(i) + ", expected " + info,
                "inputs of the model",
                mismatch,
                "feed a tensor of the declared type and shape"));
      }
    }
    if (!problems.isEmpty()) {
      throw new UsageException(problems);
    }
  }

  private static String mismatch(ValueInfo info, TensorFact fact, Map<String, Long> symbols) {
    if (info.dtype() != null && info.dtype() != fact.dtype()) {
      return "types differ";
    }
    List<Dim> dims = info.dims();
    if (dims == null) {
      return "";
    }
    if (dims.size() != fact.shape().rank()) {
      return "ranks differ";
    }
    for (int axis = 0; axis < dims.size(); axis++) {
      long actual = fact.shape().dim(axis);
      switch (dims.get(axis)) {
        case Dim.Fixed(long size) when size != actual -> {
          return "dimension " + axis + " is " + actual + ", the model fixes it to " + size;
        }
        case Dim.Symbol(String name) when symbols.getOrDefault(name, actual) != actual -> {
          return "dimension '" + name + "' is both " + symbols.get(name) + " and " + actual;
        }
        case Dim.Symbol(String name) -> symbols.put(name, actual);
        case Dim.Fixed fixed -> {}
        case Dim.Unknown unknown -> {}
      }
    }
    return "";
  }

  /** Facts of the declared inputs with open dimensions set to one size. */
  public static List<TensorFact> declared(List<ValueInfo> inputs, long open) {
    List<TensorFact> facts = new ArrayList<>();
    for (ValueInfo input : inputs) {
      DType dtype = input.dtype();
      List<Dim> dims = input.dims();
      if (dtype == null || dims == null) {
        throw new UsageException(
            new Problem(
                "the model does not declare the shape of input '" + input.name() + "'",
                input.toString(),
                "",
                "give it with --shape"));
      }
      long[] sizes =
          dims.stream()
              .mapToLong(dim -> dim instanceof Dim.Fixed(long size) ? size : open)
              .toArray();
      facts.add(TensorFact.of(dtype, Shape.of(sizes)));
    }
    return facts;
  }

  /** Checks tensors against a plan; throws for the first that differs. */
  static void match(String what, List<TensorFact> expected, List<Tensor> tensors) {
    if (expected.size() != tensors.size()) {
      throw new UsageException(
          Problem.of(
              "got " + tensors.size() + " " + what + "s, expected " + expected.size(), what + "s"));
    }
    for (int i = 0; i < expected.size(); i++) {
      TensorFact fact = expected.get(i);
      Tensor tensor = tensors.get(i);
      if (tensor.dtype() != fact.dtype() || !tensor.shape().equals(fact.shape())) {
        throw new UsageException(
            Problem.of(what + " " + i + " is " + tensor + ", expected " + fact, what + "s"));
      }
    }
  }
}
