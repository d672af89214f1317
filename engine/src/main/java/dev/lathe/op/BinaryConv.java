package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SignsF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * dev.lathe.BinaryConv: convolution of signs over NHWC or NDHWC; see {@link SignProduct}. Inputs x
 * [N, H, W, C], w [M, C/group, kH, kW] (constant), bias [M] (constant, optional), addend [N, oH,
 * oW, M] (optional); attributes of ONNX Conv, the clamp {@code min}, {@code max} and a {@link
 * FusedActivation}. Padding counts for nothing.
 */
final class BinaryConv implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("BinaryConv"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    ConvForm form = ConvForm.nhwc(inference.node(), inference.shape(0), inference.shape(1));
    SignProduct.check(inference, form.outChannels());
    TensorFact output = form.output(DType.FLOAT32);
    Operands.requireSameShape(inference, SignProduct.ADDEND, output.shape());
    return List.of(output);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape x = lowering.fact(0).shape();
    ConvForm form = ConvForm.nhwc(lowering.node(), x, lowering.fact(1).shape());
    if (lowering.output(0).fact().shape().elements() == 0) {
      return;
    }
    SignProduct product = new SignProduct(lowering);
    int k = form.groupChannels();
    int groups = form.groups();
    int words = groups * SignsF32.words(k);
    ConvForm inWords = new ConvForm(form.batch(), words, form.outChannels(), groups, form.window());
    ConvRows rows = ConvRows.of(inWords, lowering, false);
    long pixels = x.elements() / form.inChannels();
    SignProduct.Planes planes = product.pack(pixels * groups, k);
    int m = rows.shape().m();
    if (!form.pointwise()) {
      planes = product.gather(planes, form, rows);
      m = Math.multiplyExact(m, form.batch());
    }
    int taps = rows.shape().taps();
    List<RhsView> views = new ArrayList<>();
    for (int group = 0; group < groups; group++) {
      views.add(ConvWeights.tapped(product.weights(), product.weights().data(), group, groups));
    }
    int n = form.groupOutputs();
    long stride = (long) taps * words;
    product.emit(new GemmShape(m, n, k, taps, stride, null, form.outChannels()), planes, views);
  }
}
