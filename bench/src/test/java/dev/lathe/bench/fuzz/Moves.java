package dev.lathe.bench.fuzz;

import java.util.List;

/** Ways a random graph grows by one operator; a move that finds no fitting value does nothing. */
final class Moves {

  /** One way. */
  interface Move {
    void grow(Grower graph);
  }

  static final List<Move> ALL =
      List.of(
          Elementwise::unary,
          Elementwise::unary,
          Elementwise::binary,
          Elementwise::binary,
          Elementwise::choose,
          Layers::conv,
          Layers::conv,
          Layers::convTranspose,
          Layers::pool,
          Layers::globalPool,
          Elementwise::batchNorm,
          Elementwise::instanceNorm,
          Elementwise::layerNorm,
          Layers::gemm,
          Layers::matMul,
          Layers::matMulOfValues,
          Movements::transpose,
          Movements::flatten,
          Movements::reshape,
          Movements::concat,
          Movements::split,
          Movements::slice,
          Movements::pad,
          Movements::reduce,
          Elementwise::softmax,
          Movements::gather,
          Movements::resize,
          Movements::expand,
          Movements::depthToSpace,
          Movements::squeeze,
          Elementwise::cast,
          Elementwise::cumSum,
          Elementwise::fakeQuantize,
          Layers::quantizedConv);

  private Moves() {}
}
