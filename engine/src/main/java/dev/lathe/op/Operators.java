package dev.lathe.op;

import dev.lathe.plan.Operator;
import dev.lathe.plan.OperatorTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Every operator there is. A new one is a file of this package and a line here. */
public final class Operators {

  public static final List<Operator> ALL =
      concat(
          UnaryOperators.ALL,
          Comparison.ALL,
          List.of(
              new Conv(),
              new NhwcConv(),
              new ConvTranspose(),
              new NhwcConvTranspose(),
              new DeformConv(),
              new QConv(),
              new Gemm(),
              new QGemm(),
              new MatrixProduct(),
              new Einsum(),
              new Arithmetic(Arithmetic.Function.ADD),
              new Arithmetic(Arithmetic.Function.SUB),
              new Arithmetic(Arithmetic.Function.MUL),
              new Arithmetic(Arithmetic.Function.DIV),
              new Variadic("Min", Arithmetic.Function.MIN, false),
              new Variadic("Max", Arithmetic.Function.MAX, false),
              new Variadic("Sum", Arithmetic.Function.ADD, false),
              new Variadic("Mean", Arithmetic.Function.ADD, true),
              new Power(),
              new Modulo(),
              new PRelu(),
              new Clip(),
              new OldBroadcast(),
              new Bits(),
              new Predicate(),
              new Where(),
              new Cast(),
              new Views(),
              new KnownValues(),
              new ConstantOfShape(),
              new EyeLike(),
              new RandomValues(),
              new RangeOf(),
              new Transpose(),
              new Concat(),
              new Split(),
              new Slice(),
              new Expand(),
              new Gather(),
              new GatherElements(),
              new GatherNd(),
              new ScatterElements(),
              new ScatterNd(),
              new OneHot(),
              new TfIdfVectorizer(),
              new Compress(),
              new ReverseSequence(),
              new Trilu(),
              new NonZero(),
              new Unique(),
              new NonMaxSuppression(),
              new Pad(),
              new CenterCropPad(),
              new Col2Im(),
              new Reduce(),
              new ArgExtreme(),
              new Hardmax(),
              new TopK(),
              new CumSum(),
              new Determinant(),
              new Pool(),
              new MaxUnpool(),
              new BatchNormalization(),
              new GroupNormalization(),
              new LayerNormalization(),
              new SkipLayerNormalization(),
              new EmbedLayerNormalization(),
              new BiasedActivation(),
              new MeanVarianceNormalization(),
              new LpNormalization(),
              new Lrn(),
              new Softmax(),
              new Rnn(),
              new Gru(),
              new Lstm(),
              new Losses(),
              new Attention(),
              new FusedAttention(),
              new MultiHeadAttention(),
              new RotaryEmbedding(),
              new DepthToSpace(),
              new Resize(),
              new GridSample(),
              new AffineGrid(),
              new RoiAlign(),
              new MaxRoiPool(),
              new Dft(),
              new Stft(),
              new SignalTables(),
              new QuantizeLinear(),
              new DequantizeLinear(),
              new ControlFlow(),
              new NhwcPool(),
              new DynamicQuantizeLinear(),
              new MatMulInteger(),
              new QLinearMatMul(),
              new ConvInteger(),
              new QLinearConv(),
              new MatMulIntegerToFloat(),
              new QPool(),
              new QMul(),
              new QLookup(),
              new MatMulNBits(),
              new BinaryConv(),
              new BinaryMatMul(),
              new QAdd()));

  private Operators() {}

  public static OperatorTable table() {
    return new OperatorTable(ALL);
  }

  @SafeVarargs
  private static List<Operator> concat(List<Operator>... families) {
    List<Operator> all = new ArrayList<>();
    for (List<Operator> family : families) {
      all.addAll(family);
    }
    return Collections.unmodifiableList(all);
  }
}
