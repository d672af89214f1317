package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.List;

/**
 * STFT: the Fourier transforms of windowed frames of signals [batch, length, 1 or 2], as [batch,
 * frames, bins, 2]; half the spectrum unless attribute {@code onesided} is 0.
 */
final class Stft implements Operator {

  private record Form(long step, int frame, long frames, int bins) {

    static Form of(Inference inference) {
      Node node = inference.node();
      Shape signal = inference.shape(0);
      boolean onesided = node.intAttribute("onesided", 1) != 0;
      if (signal.rank() != 3 || signal.dim(2) < 1 || signal.dim(2) > (onesided ? 1 : 2)) {
        throw GraphErrors.invalid(
            node, "signal " + signal + " is not batch x length x 1, or 2 when onesided is 0");
      }
      long step = Dft.scalar(inference, 1, "frame_step");
      long frame = signal.dim(1);
      if (inference.has(3)) {
        frame = Dft.scalar(inference, 3, "frame_length");
      } else if (inference.has(2)) {
        frame = inference.shape(2).elements();
      }
      boolean fits = inference.has(2) ? inference.shape(2).equals(Shape.of(frame)) : true;
      if (step < 1 || frame < 1 || frame > signal.dim(1) || !fits) {
        throw GraphErrors.invalid(
            node, "frame_length " + frame + " and frame_step " + step + " do not fit the operands");
      }
      int length = Math.toIntExact(frame);
      long frames = 1 + (signal.dim(1) - frame) / step;
      return new Form(step, length, frames, onesided ? length / 2 + 1 : length);
    }
  }

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("STFT"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireReal(inference, 0);
    if (inference.has(2)) {
      Checks.requireReal(inference, 2);
    }
    Form form = Form.of(inference);
    return Checks.one(type, Shape.of(inference.shape(0).dim(0), form.frames, form.bins, 2));
  }

  @Override
  public void lower(Lowering lowering) {
    Form form = Form.of(lowering.inference());
    Shape signal = lowering.fact(0).shape();
    long lines = signal.dim(0) * form.frames;
    lowering.emit(
        FourierStep.of(
            lowering,
            form.frame,
            false,
            false,
            new FourierStep.Lines(
                lines, form.frames, signal.dim(1), form.step, form.frame, 1, signal.intDim(2)),
            lowering.has(2) ? lowering.input(2) : null,
            new FourierStep.Lines(lines, lines, 0, form.bins, form.bins, 1, 2)));
  }
}
