package dev.lathe.report.bench;

import dev.lathe.measure.Workload;
import dev.lathe.tensor.Tensor;
import java.util.List;

/** A model opened by an engine, ready to run on fixed inputs again and again. */
interface Contender extends AutoCloseable {

  /** Unique within a benchmark. */
  String name();

  /** The model's file. */
  String model();

  /** {@code lathe}, or the id of a peer. */
  String engine();

  String isa();

  /** Time from the file to a model that can run. */
  double loadMs();

  Workload workload();

  /** What the last run computed. */
  List<Tensor> outputs();

  @Override
  void close();
}
