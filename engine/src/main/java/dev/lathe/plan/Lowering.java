package dev.lathe.plan;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.OperandLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What an operator works with while it emits its steps. */
public interface Lowering {

  Node node();

  /** The same view of the inputs that inference had. */
  Inference inference();

  /** Threads the plan is made for. */
  int threads();

  KernelSelector kernels();

  default boolean has(int input) {
    return inference().has(input);
  }

  default TensorFact fact(int input) {
    return inference().fact(input);
  }

  /** Contents of an input when they are known ahead, else null. */
  default @Nullable Tensor constant(int input) {
    return inference().value(input);
  }

  TensorFact outputFact(int output);

  /** Where an input lives during a run; a constant is copied to native memory once. */
  Slot input(int index);

  Slot output(int index);

  /** Whether anything reads the output. */
  boolean isUsed(int output);

  /** Working memory that only this node's steps use; 64-byte aligned. */
  Slot scratch(long bytes);

  /**
   * Makes an output another view of an input's bytes: no step, no copy. Types may differ, sizes
   * must not.
   */
  void alias(int output, int input);

  /**
   * Lets an output take the memory of an input that nothing reads afterwards. The steps must allow
   * both cases.
   */
  void mayOverwrite(int output, int input);

  /**
   * The same for steps that read this input only where they are about to write, but the others
   * anywhere: not when another input lies in the same memory.
   */
  void mayOverwriteAlone(int output, int input);

  /**
   * Zeroed native memory that lives as long as the plan; 64-byte aligned. For tables made at
   * planning time.
   */
  MemorySegment allocate(long bytes);

  /**
   * Native memory of {@code bytes} bytes that all are {@code value}, shared by everything that asks
   * alike.
   */
  MemorySegment filled(byte value, long bytes);

  /**
   * A packed constant, shared by all plans of the session (and by sessions of the same model).
   *
   * @param key identifies the contents within the model, such as the weight's name and a group
   *     number
   * @param source called only when the packed form is not there yet
   */
  MemorySegment packed(String key, OperandLayout layout, Supplier<RhsView> source);

  void emit(Step step);

  /** Keeps what is predicted of the node on dense and sparse kernels, for reports. */
  void predict(SparseForecast forecast);
}
