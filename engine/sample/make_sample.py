#!/usr/bin/env python3
"""Makes Lathe's shipped sample: a small Fashion-MNIST classifier and the images to judge it by.

    make_sample.py data     cut the evaluation and the calibration set out of the full data set
    make_sample.py train    train the network and export it to ONNX
    make_sample.py all      both, data first

The data step is deterministic to the byte. The train step has fixed seeds and is reproducible up to
floating point: another CPU or thread count sums in another order. README.md beside this file gives
the packages, the recipe and the measured accuracy.
"""

import argparse
import copy
import gzip
import hashlib
import math
import os
import struct
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
DEFAULT_SOURCE = Path("/usr/share/datasets/fashion-mnist")
DEFAULT_OUTPUT = HERE.parent / "src/main/resources/dev/lathe/sample"

LABELS = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
MEAN = 0.2860
STD = 0.3530

EVAL_SIZE = 2_000
CALIBRATION_SIZE = 512

SEED = 20_240_229
THREADS = 2
BATCH = 128
EVAL_BATCH = 500
EPOCHS = 10
PEAK_LEARNING_RATE = 0.2
WARM_UP = 0.2
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
LABEL_SMOOTHING = 0.05
EMA_HORIZON_STEPS = 500
CROP_PADDING = 2

# SHA-256 of the uncompressed files, so that any mirror and any gzip level will do.
SOURCE_SHA256 = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


# ---------------------------------------------------------------------------------------- data


def read_idx(path):
    """Reads a gzipped IDX file of unsigned bytes and checks it against SOURCE_SHA256."""
    raw = gzip.decompress(path.read_bytes())
    digest = hashlib.sha256(raw).hexdigest()
    if digest != SOURCE_SHA256[path.name]:
        raise SystemExit(
            f"{path}: SHA-256 of the uncompressed file is {digest}, expected "
            f"{SOURCE_SHA256[path.name]}: not the Fashion-MNIST file that this sample is cut from, "
            "fetch it again"
        )
    dims = struct.unpack_from(f">{raw[3]}I", raw, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * len(dims)).reshape(dims)


def write_idx(path, array):
    """Writes unsigned bytes as gzipped IDX; no name or time stamp, so equal data is equal bytes."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 0x08, array.ndim, *array.shape)
    packed = gzip.compress(header + array.tobytes(), compresslevel=9, mtime=0)
    path.write_bytes(packed)
    print(f"{path.name}: shape {array.shape}, {len(packed):,} bytes")


def stratified_first(labels, size):
    """Indices, ascending, of the first images of each class; lower classes take the remainder."""
    share, extra = divmod(size, len(LABELS))
    picks = [
        np.flatnonzero(labels == c)[: share + (c < extra)] for c in range(len(LABELS))
    ]
    return np.sort(np.concatenate(picks))


def load_split(source, split):
    images = read_idx(source / f"{split}-images-idx3-ubyte.gz")
    labels = read_idx(source / f"{split}-labels-idx1-ubyte.gz")
    return images, labels


def make_data(source, output):
    for split, size, name in (
        ("t10k", EVAL_SIZE, "fashion-eval-2000"),
        ("train", CALIBRATION_SIZE, "fashion-calibration-512"),
    ):
        images, labels = load_split(source, split)
        picks = stratified_first(labels, size)
        write_idx(output / f"{name}-images-idx3-ubyte.gz", images[picks])
        write_idx(output / f"{name}-labels-idx1-ubyte.gz", labels[picks])


# --------------------------------------------------------------------------------------- model


def build_model():
    """FashionCnn: [batch, 1, 28, 28] normalised grey images to [batch, 10] logits.

    Ordinary residual blocks alternate with depthwise-separable inverted residuals (Sandler et al.
    2018, arXiv:1801.04381), so that one small file holds every kind of convolution that Lathe
    compresses.
    """
    from torch import nn

    class ConvBn(nn.Module):
        def __init__(self, c_in, c_out, kernel, stride=1, groups=1, activation=None):
            super().__init__()
            self.conv = nn.Conv2d(
                c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False
            )
            self.bn = nn.BatchNorm2d(c_out)
            self.act = activation() if activation else None

        def forward(self, x):
            x = self.bn(self.conv(x))
            return self.act(x) if self.act else x

    class Residual(nn.Module):
        """relu(x + conv(conv(x))): the activation follows the addition."""

        def __init__(self, channels):
            super().__init__()
            self.conv1 = ConvBn(channels, channels, 3, activation=nn.ReLU)
            self.conv2 = ConvBn(channels, channels, 3)
            self.act = nn.ReLU()

        def forward(self, x):
            return self.act(x + self.conv2(self.conv1(x)))

    class InvertedResidual(nn.Module):
        """Expand 1x1, depthwise 3x3, project 1x1 without activation; adds x where shapes allow."""

        def __init__(self, c_in, c_out, stride, expansion=3):
            super().__init__()
            wide = c_in * expansion
            self.expand = ConvBn(c_in, wide, 1, activation=nn.ReLU6)
            self.depthwise = ConvBn(wide, wide, 3, stride, groups=wide, activation=nn.ReLU6)
            self.project = ConvBn(wide, c_out, 1)
            self.adds = stride == 1 and c_in == c_out

        def forward(self, x):
            y = self.project(self.depthwise(self.expand(x)))
            return x + y if self.adds else y

    class FashionCnn(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = ConvBn(1, 16, 3, activation=nn.ReLU)  # 28 x 28
            self.down1 = ConvBn(16, 32, 3, stride=2, activation=nn.ReLU)  # 14 x 14
            self.res1 = Residual(32)
            self.inv1 = InvertedResidual(32, 32, stride=1)
            self.down2 = InvertedResidual(32, 64, stride=2)  # 7 x 7
            self.res2 = Residual(64)
            self.inv2 = InvertedResidual(64, 64, stride=1)
            self.head = ConvBn(64, 128, 1, activation=nn.ReLU)
            self.pool = nn.AdaptiveAvgPool2d(1)
            self.flatten = nn.Flatten()
            self.fc = nn.Linear(128, len(LABELS))

        def forward(self, image):
            x = self.down1(self.stem(image))
            x = self.inv1(self.res1(x))
            x = self.inv2(self.res2(self.down2(x)))
            return self.fc(self.flatten(self.pool(self.head(x))))

    return FashionCnn()


# ------------------------------------------------------------------------------------ training


def to_tensor(images):
    import torch

    scaled = torch.from_numpy(images.astype(np.float32)).div_(255.0)
    return scaled.sub_(MEAN).div_(STD).unsqueeze_(1)


def augment(batch, rng):
    """Random crop out of a zero-padded frame and, for half the images, a left-right mirror."""
    import torch
    from torch.nn import functional

    n, _, h, w = batch.shape
    padded = functional.pad(batch, (CROP_PADDING,) * 4, value=-MEAN / STD)
    top, left = torch.randint(0, 2 * CROP_PADDING + 1, (2, n, 1, 1), generator=rng)
    mirrored = torch.rand(n, 1, 1, generator=rng) < 0.5
    columns = torch.arange(w).expand(n, 1, w)
    columns = torch.where(mirrored, w - 1 - columns, columns) + left
    rows = torch.arange(h).view(1, h, 1) + top
    crops = padded[torch.arange(n).view(n, 1, 1), 0, rows, columns].unsqueeze(1)
    return crops.contiguous(memory_format=torch.channels_last)


def update_average(average, model, step):
    """Exponential moving average of weights and statistics, with a bias-free start."""
    import torch

    decay = min(1.0 - 1.0 / EMA_HORIZON_STEPS, (1.0 + step) / (10.0 + step))
    with torch.no_grad():
        current = model.state_dict()
        for name, value in average.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(current[name], 1.0 - decay)


def make_optimizer(model):
    """SGD that decays the weights of convolutions and the classifier, not biases or BatchNorm."""
    import torch

    params = list(model.parameters())
    return torch.optim.SGD(
        [
            {"params": [p for p in params if p.ndim > 1], "weight_decay": WEIGHT_DECAY},
            {"params": [p for p in params if p.ndim == 1], "weight_decay": 0.0},
        ],
        lr=PEAK_LEARNING_RATE,
        momentum=MOMENTUM,
        nesterov=True,
    )


def train(images, labels, epochs):
    """Trains on every given image and keeps the last averaged weights, chosen by no score."""
    import torch
    from torch.nn import functional

    torch.manual_seed(SEED)
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    rng = torch.Generator().manual_seed(SEED)

    x = to_tensor(images)
    y = torch.from_numpy(labels.astype(np.int64))
    model = build_model().to(memory_format=torch.channels_last)  # several times faster on a CPU
    average = copy.deepcopy(model)
    optimizer = make_optimizer(model)
    steps_per_epoch = len(x) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=PEAK_LEARNING_RATE,
        total_steps=epochs * steps_per_epoch,
        pct_start=WARM_UP,
        cycle_momentum=False,
    )
    start = time.monotonic()
    model.train()
    for epoch in range(epochs):
        total_loss = 0.0
        order = torch.randperm(len(x), generator=rng)[: steps_per_epoch * BATCH]
        for i, picks in enumerate(order.split(BATCH)):
            loss = functional.cross_entropy(
                model(augment(x[picks], rng)), y[picks], label_smoothing=LABEL_SMOOTHING
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            update_average(average, model, epoch * steps_per_epoch + i)
            total_loss += loss.item()
        if not math.isfinite(total_loss):
            raise SystemExit(f"epoch {epoch + 1}: loss is not finite, lower PEAK_LEARNING_RATE")
        print(
            f"epoch {epoch + 1}/{epochs}: loss {total_loss / steps_per_epoch:.4f}, "
            f"{time.monotonic() - start:.0f} s",
            flush=True,
        )
    return average.to(memory_format=torch.contiguous_format).eval()


def count_correct(model, images, labels):
    import torch

    x = to_tensor(images)
    with torch.no_grad():
        predicted = torch.cat([model(b).argmax(1) for b in x.split(EVAL_BATCH)]).numpy()
    return predicted == labels


# -------------------------------------------------------------------------------------- export


def export(model, path):
    """Writes opset-13 ONNX with BatchNormalization left as nodes in inference form."""
    import onnx
    import torch

    torch.onnx.export(
        model,
        torch.zeros(1, 1, 28, 28),
        path,
        opset_version=13,
        training=torch.onnx.TrainingMode.PRESERVE,  # EVAL would fold BatchNormalization away
        do_constant_folding=False,
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}},
    )
    proto = onnx.load(path)
    proto.graph.name = "fashion-cnn"
    onnx.helper.set_model_props(
        proto,
        {
            "lathe.preprocess": f"scale=1/255;mean={MEAN:.4f};std={STD:.4f}",
            "lathe.labels": ",".join(LABELS),
            "lathe.dataset": "Fashion-MNIST (Zalando SE, MIT licence)",
            "lathe.license": "Apache-2.0",
        },
    )
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)
    return proto


def describe(proto, model):
    """Prints node counts, parameters and multiply-accumulates of one image."""
    import torch
    from torch import nn

    kinds = [node.op_type for node in proto.graph.node]
    print("nodes:", ", ".join(f"{kinds.count(k)} {k}" for k in sorted(set(kinds))))
    macs = {}

    def record(name):
        def hook(layer, _inputs, result):
            macs[name] = layer.weight[0].numel() * result[0].numel()

        return hook

    for name, layer in model.named_modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(record(name))
    with torch.no_grad():
        model(torch.zeros(1, 1, 28, 28))
    print(f"parameters: {sum(p.numel() for p in model.parameters()):,}")
    print(f"multiply-accumulates per image: {sum(macs.values()):,}")


def make_model(source, output, epochs):
    images, labels = load_split(source, "train")
    test_images, test_labels = load_split(source, "t10k")
    model = train(images, labels, epochs)
    path = output / "fashion-cnn.onnx"
    proto = export(model, str(path))
    hits = count_correct(model, test_images, test_labels)
    eval_hits = hits[stratified_first(test_labels, EVAL_SIZE)]
    print(f"top-1 on the {len(hits):,} test images: {hits.mean():.2%} ({hits.sum()})")
    print(f"top-1 on the {EVAL_SIZE:,} shipped images: {eval_hits.mean():.2%} ({eval_hits.sum()})")
    describe(proto, model)
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=("data", "train", "all"))
    parser.add_argument(
        "--source", type=Path, default=DEFAULT_SOURCE, help="folder of the four IDX files"
    )
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help="folder to write into")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    args = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads yield to a shared machine
    args.output.mkdir(parents=True, exist_ok=True)
    if args.step in ("data", "all"):
        make_data(args.source, args.output)
    if args.step in ("train", "all"):
        make_model(args.source, args.output, args.epochs)


if __name__ == "__main__":
    main()
