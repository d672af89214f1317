package dev.lathe.kernel.vector;

import jdk.incubator.vector.FloatVector;

/** The functions of {@link dev.lathe.kernel.MathF32} lane by lane, bit for bit. */
interface FloatMath {

  FloatVector exp(FloatVector x);

  FloatVector expm1(FloatVector x);

  FloatVector log(FloatVector x);

  FloatVector sigmoid(FloatVector x);

  FloatVector tanh(FloatVector x);

  FloatVector erf(FloatVector x);

  FloatVector softplus(FloatVector x);

  FloatVector gelu(FloatVector x);

  FloatVector geluTanh(FloatVector x);
}
