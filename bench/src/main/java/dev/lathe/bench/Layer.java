package dev.lathe.bench;

/**
 * Layer shapes of ResNet-50 (He et al., 2016), MobileNetV2 (Sandler et al., 2018) and EfficientNet
 * (Tan and Le, 2019) at 224x224, and products: a product of m x k with k x n is a pointwise
 * convolution over m pixels.
 */
public enum Layer {
  RESNET50_STEM(224, 224, 3, 64, 7, 2, 1),
  RESNET50_CONV2_1X1(56, 56, 64, 256, 1, 1, 1),
  RESNET50_CONV2_3X3(56, 56, 64, 64, 3, 1, 1),
  RESNET50_CONV3_3X3(28, 28, 128, 128, 3, 1, 1),
  RESNET50_CONV2_1X1_REDUCE(56, 56, 256, 64, 1, 1, 1),
  RESNET50_CONV3_1X1(28, 28, 512, 128, 1, 1, 1),
  RESNET50_CONV4_1X1(14, 14, 1024, 256, 1, 1, 1),
  RESNET50_CONV4_1X1_EXPAND(14, 14, 256, 1024, 1, 1, 1),
  RESNET50_CONV5_1X1(7, 7, 512, 2048, 1, 1, 1),
  RESNET50_CONV4_3X3(14, 14, 256, 256, 3, 1, 1),
  RESNET50_CONV5_3X3(7, 7, 512, 512, 3, 1, 1),
  RESNET50_FC_MATVEC(1, 1, 2048, 1000, 1, 1, 1),
  MOBILENETV2_EXPAND(56, 56, 24, 144, 1, 1, 1),
  MOBILENETV2_EXPAND_14(14, 14, 64, 384, 1, 1, 1),
  MOBILENETV2_PROJECT(14, 14, 384, 64, 1, 1, 1),
  MOBILENETV2_PROJECT_7(7, 7, 960, 320, 1, 1, 1),
  MOBILENETV2_DEPTHWISE_112(112, 112, 32, 32, 3, 1, 32),
  MOBILENETV2_DEPTHWISE_56_S2(56, 56, 144, 144, 3, 2, 144),
  MOBILENETV2_DEPTHWISE_14(14, 14, 384, 384, 3, 1, 384),
  MOBILENETV2_DEPTHWISE_7(7, 7, 960, 960, 3, 1, 960),
  EFFICIENTNET_DEPTHWISE_28_5X5(28, 28, 240, 240, 5, 1, 240),
  GEMM_1024(32, 32, 1024, 1024, 1, 1, 1),
  TOKENS_4_384(2, 2, 384, 384, 1, 1, 1),
  MATVEC_4096(1, 1, 4096, 4096, 1, 1, 1);

  final int height;
  final int width;
  final int in;
  final int out;
  final int kernel;
  final int stride;
  final int groups;

  Layer(int height, int width, int in, int out, int kernel, int stride, int groups) {
    this.height = height;
    this.width = width;
    this.in = in;
    this.out = out;
    this.kernel = kernel;
    this.stride = stride;
    this.groups = groups;
  }

  /** Padding on every side that keeps a stride of one at the input's size. */
  int pad() {
    return kernel / 2;
  }

  int outHeight() {
    return (height + 2 * pad() - kernel) / stride + 1;
  }

  int outWidth() {
    return (width + 2 * pad() - kernel) / stride + 1;
  }

  /** Multiply-accumulates. */
  long macs() {
    return (long) outHeight() * outWidth() * out * (in / groups) * kernel * kernel;
  }
}
