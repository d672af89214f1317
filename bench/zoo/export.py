#!/usr/bin/env python3
"""Exports torchvision's classifiers with random weights to ONNX, for compare.sh.

usage: export.py FOLDER [NAME...]

Needs Debian's python3-torch and python3-torchvision. Existing files are kept.
"""

import os
import sys

import torch
import torchvision.models as models

NAMES = [
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3", "mnasnet1_0",
    "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small", "regnet_y_400mf", "resnet18", "resnet50",
    "shufflenet_v2_x1_0", "squeezenet1_1", "swin_t", "vgg16", "vit_b_16",
]
BATCHED = {"mobilenet_v3_small", "resnet18", "squeezenet1_1"}
TRANSFORMERS = {"convnext_tiny", "swin_t", "vit_b_16"}


def randomized(net):
    """Makes what is initialized to zeros and ones random, so that no part of the network is an identity."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
        if isinstance(module, torch.nn.Linear) and not module.weight.any():
            torch.nn.init.normal_(module.weight, std=0.02)
    return net


def main(folder, chosen):
    os.makedirs(folder, exist_ok=True)
    for name in chosen or NAMES:
        path = os.path.join(folder, name + ".onnx")
        if os.path.exists(path):
            continue
        torch.manual_seed(0)
        extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        size = 299 if name == "inception_v3" else 224
        with torch.no_grad():
            net = randomized(getattr(models, name)(weights=None, **extra).eval())
        torch.onnx.export(
            net,
            torch.randn(1, 3, size, size),
            path,
            opset_version=16 if name in TRANSFORMERS else 13,
            input_names=["x"],
            output_names=["y"],
            dynamic_axes={"x": {0: "N"}} if name in BATCHED else None,
        )
        print(f"{name}: {os.path.getsize(path) / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
