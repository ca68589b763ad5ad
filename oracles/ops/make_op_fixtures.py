"""Outputs and gradients of every operation of `core`, computed in float64 by PyTorch.

Writes packages/core/src/ops/fixtures/ops.json: one entry per case with the inputs (two decimals, so that they are
short and exact), the upstream gradient, the output and the gradient of sum(output * upstream) for every float input.
Everything in the file is NHWC, filters are [rows, columns, in / groups, out] (transposed: [rows, columns,
out / groups, in]), as the operations take them; PyTorch's own layouts stay in this script.

Run: /usr/bin/python3 oracles/ops/make_op_fixtures.py   (Debian: apt-get install python3-torch python3-numpy)
"""
import json
import pathlib
import platform

import numpy as np
import torch
import torch.nn.functional as F

TARGET = pathlib.Path(__file__).resolve().parents[2] / "packages/core/src/ops/fixtures/ops.json"
random = np.random.RandomState(20)
cases = []


def uniform(*shape, low=-1.5, high=1.5):
    return np.round(random.uniform(low, high, shape), 2).astype(np.float32)


def distinct(*shape):
    """Values at least 0.02 apart, so that small steps never change a maximum."""
    count = int(np.prod(shape))
    return (np.round(random.permutation(count) * 0.02 - count * 0.01, 3)).astype(np.float32).reshape(shape)


def case(operation, name, inputs, compute, options=None, constants=(), differences=True):
    """Runs compute(named float64 tensors) and records it. `constants` names inputs without a gradient."""
    tensors = {}
    for key, value in inputs.items():
        if value.dtype == np.int32:
            tensors[key] = torch.from_numpy(value.astype(np.int64))
        else:
            tensors[key] = torch.from_numpy(value.astype(np.float64)).requires_grad_(key not in constants)
    output = compute(**tensors)
    entry = {
        "operation": operation,
        "name": name,
        "options": options or {},
        "inputs": {key: stored(value) for key, value in inputs.items()},
        "output": stored(output.detach().numpy(), 7),
        "gradients": {},
    }
    learning = [key for key in inputs if tensors[key].requires_grad]
    if output.dtype == torch.float64 and learning:
        upstream = uniform(*output.shape) if output.ndim else np.array(1.25, np.float32)
        (output * torch.from_numpy(np.asarray(upstream, np.float64))).sum().backward()
        entry["upstream"] = stored(upstream)
        entry["gradients"] = {key: stored(tensors[key].grad.numpy(), 7) for key in learning}
        entry["finiteDifferences"] = differences
    cases.append(entry)


def stored(array, digits=None):
    array = np.asarray(array)
    if array.dtype.kind in "iu":
        return {"shape": list(array.shape), "dtype": "int32", "values": [int(v) for v in array.flatten()]}
    digits = digits or 6
    values = [float(f"{float(v):.{digits}g}") for v in array.flatten()]
    return {"shape": list(array.shape), "dtype": "float32", "values": [int(v) if v == int(v) else v for v in values]}


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def both(value):
    return list(value) if isinstance(value, (list, tuple)) else [value, value]


def sides(pad):
    """PyTorch's order: left, right, top, bottom."""
    if isinstance(pad, dict):
        return [pad["left"], pad["right"], pad["top"], pad["bottom"]]
    rows, columns = both(pad)
    return [columns, columns, rows, rows]


# Convolution -----------------------------------------------------------------------------------------------------

def convolution(name, x, filter, **options):
    def compute(x, filter):
        padded = F.pad(nchw(x), sides(options.get("pad", 0)))
        return nhwc(F.conv2d(padded, filter.permute(3, 2, 0, 1), stride=both(options.get("stride", 1)),
                             dilation=both(options.get("dilation", 1)), groups=options.get("groups", 1)))
    case("convolution", name, {"x": uniform(*x), "filter": uniform(*filter)}, compute, options)


convolution("3×3, padding of half the filter", (2, 5, 4, 2), (3, 3, 2, 3), pad=1)
convolution("rectangular filter, stride and padding", (1, 7, 9, 2), (3, 4, 2, 3), stride=[2, 3], pad=[1, 2])
convolution("even filter, four different paddings", (1, 6, 5, 2), (2, 4, 2, 3), stride=2,
            pad={"top": 2, "bottom": 0, "left": 1, "right": 3})
convolution("stride that leaves cells over", (2, 6, 8, 2), (3, 2, 2, 2), stride=[2, 3])
convolution("1×1 with stride", (2, 5, 6, 3), (1, 1, 3, 4), stride=2)
convolution("dilation", (2, 9, 8, 2), (3, 2, 2, 3), dilation=[2, 3], pad=[2, 1])
convolution("dilation of rows only, asymmetric padding", (1, 8, 5, 3), (3, 3, 3, 2), dilation=[2, 1],
            pad={"top": 3, "bottom": 1, "left": 0, "right": 1})
convolution("dilation of a filter of one row", (1, 4, 9, 2), (1, 3, 2, 2), dilation=3, pad=[0, 2])
convolution("stride with dilation, common factor", (1, 9, 8, 2), (3, 3, 2, 2), stride=2, dilation=2, pad=2)
convolution("stride with dilation, no common factor", (1, 10, 11, 2), (3, 2, 2, 3), stride=[2, 3], dilation=[3, 2], pad=[1, 2])
convolution("three groups", (2, 5, 6, 6), (3, 2, 2, 3), groups=3, stride=[1, 2], pad=1)
convolution("two groups with dilation and stride", (1, 9, 9, 4), (3, 3, 2, 4), groups=2, stride=2, dilation=2, pad=2)
convolution("one group per channel", (2, 6, 7, 3), (3, 3, 1, 6), groups=3, stride=2, pad=1)
convolution("one group per channel, strides that differ", (1, 6, 9, 3), (3, 2, 1, 3), groups=3, stride=[1, 2], pad=[1, 0])
convolution("one group per channel, dilation", (1, 7, 8, 2), (3, 2, 1, 4), groups=2, dilation=[2, 3], pad=2)
convolution("filter as large as the padded map", (2, 3, 4, 2), (5, 6, 2, 3), pad=1)


def transposed(name, x, filter, **options):
    def compute(x, filter):
        full = F.conv_transpose2d(nchw(x), filter.permute(3, 2, 0, 1), stride=both(options.get("stride", 1)),
                                  dilation=both(options.get("dilation", 1)), groups=options.get("groups", 1))
        left, right, top, bottom = sides(options.get("pad", 0))
        return nhwc(full[:, :, top:full.shape[2] - bottom, left:full.shape[3] - right])
    case("transposedConvolution", name, {"x": uniform(*x), "filter": uniform(*filter)}, compute, options)


transposed("4×4, stride 2, padding 1", (2, 4, 3, 2), (4, 4, 3, 2), stride=2, pad=1)
transposed("rectangular, four different paddings", (1, 3, 4, 2), (5, 3, 3, 2), stride=[3, 2],
           pad={"top": 2, "bottom": 0, "left": 1, "right": 2})
transposed("stride 1, dilation", (1, 4, 5, 2), (3, 2, 3, 2), dilation=[1, 3], pad=[0, 1])
transposed("stride with dilation, two groups", (1, 3, 4, 4), (3, 2, 3, 4), stride=2, dilation=[2, 3], groups=2, pad=1)
transposed("one group per channel", (2, 3, 2, 3), (8, 8, 1, 3), stride=4, groups=3, pad=2)
transposed("stride 1, two groups", (1, 3, 4, 4), (3, 3, 2, 4), groups=2)
transposed("filter smaller than the stride", (1, 3, 3, 2), (2, 2, 2, 2), stride=3)
transposed("filter no multiple of the stride", (1, 2, 3, 1), (7, 5, 2, 1), stride=[3, 4])


# Pooling ---------------------------------------------------------------------------------------------------------

def pooling_options(options):
    window = both(options["window"])
    return dict(kernel_size=window, stride=both(options.get("stride", window)), padding=both(options.get("pad", 0)),
                ceil_mode=options.get("rounding", "ceil") == "ceil")


def max_pooling(name, x, differences=True, **options):
    case("maxPool", name, {"x": x}, lambda x: nhwc(F.max_pool2d(nchw(x), **pooling_options(options))), options,
         differences=differences)


max_pooling("2×2 on an odd map", distinct(2, 5, 7, 2), window=2)
max_pooling("overlapping, padded", distinct(1, 7, 6, 3), window=3, stride=2, pad=1)
max_pooling("rectangular", distinct(1, 6, 8, 2), window=[3, 4], stride=[1, 3], pad=[1, 2])
max_pooling("floor rounding", distinct(1, 6, 8, 2), window=3, stride=2, rounding="floor")
max_pooling("negative maps, padded", distinct(1, 5, 5, 2) - 9, window=3, stride=2, pad=1)
max_pooling("equal values: the first wins", random.randint(0, 2, (2, 6, 5, 2)).astype(np.float32), window=3, stride=2,
            differences=False)


def average_pooling(name, x, **options):
    case("averagePool", name, {"x": uniform(*x)},
         lambda x: nhwc(F.avg_pool2d(nchw(x), count_include_pad=True, **pooling_options(options))), options)


average_pooling("2×2 on an odd map", (2, 5, 7, 2), window=2)
average_pooling("overlapping, padded", (1, 7, 6, 3), window=3, stride=2, pad=1)
average_pooling("ceil overhang beyond the padding", (1, 6, 6, 2), window=[3, 4], stride=[2, 3], pad=[1, 2])
average_pooling("floor rounding", (1, 6, 8, 2), window=3, stride=2, rounding="floor")
average_pooling("even map", (1, 4, 6, 2), window=2)


def switches(name, x, **options):
    values, places = F.max_pool2d(torch.from_numpy(x.astype(np.float64)).permute(0, 3, 1, 2), return_indices=True,
                                  **pooling_options(options))
    places = nhwc(places).numpy().astype(np.int32)
    values = nhwc(values).numpy().astype(np.float32)
    case("maxPoolWithSwitches", name, {"x": x}, lambda x: torch.from_numpy(places), options, constants=("x",))
    size = list(x.shape[1:3])

    def unpool(values, switches):
        batch, _, _, channels = values.shape
        flat = torch.zeros(batch, channels, size[0] * size[1], dtype=values.dtype)
        flat = flat.scatter_add(2, nchw(switches).flatten(2), nchw(values).flatten(2))
        return nhwc(flat.reshape(batch, channels, *size))
    case("maxUnpool", name, {"values": values, "switches": places}, unpool, {"size": size})


switches("2×2 on an odd map", distinct(2, 5, 7, 2), window=2)
switches("overlapping windows with a common winner", distinct(1, 6, 5, 2), window=3, stride=2, pad=1)
switches("equal values: the first wins", random.randint(0, 2, (1, 6, 6, 2)).astype(np.float32), window=3)


def pool_and_unpool(x):
    pooled, places = F.max_pool2d(nchw(x), 2, ceil_mode=True, return_indices=True)
    return nhwc(F.max_unpool2d(pooled, places, 2, output_size=x.shape[1:3]))


case("maxPoolThenUnpool", "2×2 on an odd map", {"x": distinct(1, 5, 7, 2)}, pool_and_unpool, {"window": 2})


# Normalisation ---------------------------------------------------------------------------------------------------

case("lrnAcrossChannels", "five channels of seven", {"x": uniform(1, 3, 4, 7)},
     lambda x: nhwc(F.local_response_norm(nchw(x), 5, alpha=1.1, beta=0.75, k=1)), {"size": 5, "alpha": 1.1})
case("lrnAcrossChannels", "fewer channels than the window, other constants", {"x": uniform(1, 2, 3, 3)},
     lambda x: nhwc(F.local_response_norm(nchw(x), 7, alpha=0.8, beta=0.6, k=2)),
     {"size": 7, "alpha": 0.8, "beta": 0.6, "k": 2})


def within_channel(x, size, alpha, beta):
    mean = F.avg_pool2d(nchw(x) ** 2, size, 1, (size - 1) // 2, count_include_pad=True)
    return x * nhwc(1 + alpha * mean) ** -beta


case("lrnWithinChannel", "3×3", {"x": uniform(2, 4, 5, 2)}, lambda x: within_channel(x, 3, 0.9, 0.75),
     {"size": 3, "alpha": 0.9})
case("lrnWithinChannel", "5×5 on a map of 4×3", {"x": uniform(1, 4, 3, 2)}, lambda x: within_channel(x, 5, 2, 0.5),
     {"size": 5, "alpha": 2, "beta": 0.5})


def mean_variance(x, across=False, variance=True, epsilon=1e-9):
    axes = (1, 2, 3) if across else (1, 2)
    centred = x - x.mean(axes, keepdim=True)
    return centred / (centred.pow(2).mean(axes, keepdim=True).sqrt() + epsilon) if variance else centred


case("meanVarianceNormalization", "each map", {"x": uniform(2, 4, 3, 2)}, lambda x: mean_variance(x, epsilon=0.1),
     {"epsilon": 0.1})
case("meanVarianceNormalization", "across channels", {"x": uniform(2, 3, 3, 2)}, lambda x: mean_variance(x, across=True),
     {"acrossChannels": True})
case("meanVarianceNormalization", "mean only", {"x": uniform(1, 3, 3, 2)}, lambda x: mean_variance(x, variance=False),
     {"normalizeVariance": False})


def batch_norm_inputs(channels, learned):
    inputs = {}
    if "scale" in learned:
        inputs["scale"] = uniform(channels, low=0.5)
    if "centre" in learned:
        inputs["centre"] = uniform(channels)
    return inputs


for learned in (("scale", "centre"), ("scale",), ("centre",), ()):
    label = "with " + (" and ".join(learned) or "neither scale nor centre")

    def given_moments(x, mean, variance, scale=None, centre=None):
        # F.batch_norm has no gradient for its moments; the formula of Ioffe and Szegedy, algorithm 2, has.
        y = (x - mean) / torch.sqrt(variance + 1e-3)
        y = y if scale is None else y * scale
        return y if centre is None else y + centre

    def batch_moments(x, scale=None, centre=None):
        return nhwc(F.batch_norm(nchw(x), None, None, scale, centre, training=True, eps=1e-3))

    case("batchNormalization", label,
         {"x": uniform(2, 3, 2, 3), "mean": uniform(3), "variance": uniform(3, low=0.3), **batch_norm_inputs(3, learned)},
         given_moments, {"epsilon": 1e-3})
    case("batchNormalizationTraining", label, {"x": uniform(2, 3, 4, 3), **batch_norm_inputs(3, learned)}, batch_moments,
         {"epsilon": 1e-3})

case("batchMoments", "mean, then variance", {"x": uniform(2, 3, 4, 3)},
     lambda x: torch.stack([x.mean((0, 1, 2)), x.var((0, 1, 2), unbiased=False)]), constants=("x",))


# Resizing --------------------------------------------------------------------------------------------------------

def asymmetric(x, size):
    """grid_sample at i·input/output; its aligned coordinates run from −1 at the first cell to 1 at the last."""
    _, height, width, _ = x.shape
    rows = torch.arange(size[0], dtype=x.dtype) * height / size[0]
    columns = torch.arange(size[1], dtype=x.dtype) * width / size[1]
    grid = torch.stack(torch.meshgrid(2 * columns / (width - 1) - 1, 2 * rows / (height - 1) - 1, indexing="xy"), -1)
    return nhwc(F.grid_sample(nchw(x), grid.expand(x.shape[0], -1, -1, -1), mode="bilinear", padding_mode="border",
                              align_corners=True))


for label, x, size in (("larger", (2, 4, 3, 2), [7, 8]), ("smaller", (1, 7, 8, 2), [3, 5]),
                       ("taller and narrower", (1, 4, 9, 1), [9, 4]), ("to one cell", (1, 3, 4, 2), [1, 1])):
    for convention in ("half-pixel", "asymmetric", "align-corners"):
        def resize(x):
            if convention == "asymmetric":
                return asymmetric(x, size)
            return nhwc(F.interpolate(nchw(x), size, mode="bilinear", align_corners=convention == "align-corners"))
        case("resizeBilinear", f"{convention}, {label}", {"x": uniform(*x)}, resize,
             {"size": size, "convention": convention})


def bilinear_weights(size):
    """Caffe's bilinear filler, in one dimension."""
    f = int(np.ceil(size / 2))
    c = (size - 1) / (2 * f)
    return np.array([1 - abs(i / f - c) for i in range(size)])


for size in (1, 2, 3, 4, 5, 7, 16):
    case("bilinearFilter1d", f"size {size}", {}, lambda: torch.from_numpy(bilinear_weights(size)), {"size": size})

for factor, size in ((2, 4), (3, 5), (4, 8), (4, 7), (3, 6)):
    def upsample(x):
        weights = bilinear_weights(size)
        channels = x.shape[3]
        filter = torch.from_numpy(np.outer(weights, weights)).expand(channels, 1, size, size)
        return nhwc(F.conv_transpose2d(nchw(x), filter, stride=factor, groups=channels))
    case("bilinearUpsample", f"factor {factor}, filter of {size}", {"x": uniform(2, 3, 2, 2)}, upsample,
         {"factor": factor, "size": size})


# The rest --------------------------------------------------------------------------------------------------------

case("crop", "off the corner", {"x": uniform(2, 5, 6, 2)}, lambda x: x[:, 1:4, 3:5, :], {"offset": [1, 3], "size": [3, 2]})
case("fullyConnected", "with bias", {"x": uniform(3, 5), "weights": uniform(5, 4), "bias": uniform(4)},
     lambda x, weights, bias: F.linear(x, weights.T, bias))
case("fullyConnected", "without bias", {"x": uniform(2, 6), "weights": uniform(6, 3)},
     lambda x, weights: F.linear(x, weights.T))
case("dropout", "a quarter silenced", {"x": uniform(2, 3, 4, 2), "mask": random.randint(0, 2, (2, 3, 4, 2)).astype(np.float32)},
     lambda x, mask: x * mask / 0.75, {"rate": 0.25}, constants=("mask",))


# Losses ----------------------------------------------------------------------------------------------------------

def divisor(normalization, counted, inside):
    wanted = {"valid": counted.sum(), "full": inside.sum(), "batch": counted.shape[0], "none": 1}
    return max(1.0, float(wanted[normalization]))


def softmax_loss(logits, labels, normalization="valid", ignoreLabel=255, validMask=None):
    inside = torch.ones(labels.shape, dtype=torch.float64) if validMask is None else validMask
    counted = inside if ignoreLabel is None else (labels != ignoreLabel).double() * inside
    known = torch.where(counted > 0, labels, torch.full_like(labels, -100))
    each = F.cross_entropy(nchw(logits), known, ignore_index=-100, reduction="none")
    return each.sum() / divisor(normalization, counted, inside)


def labels_with_void(*shape, classes=4, share=0.3):
    labels = random.randint(0, classes, shape)
    return np.where(random.uniform(size=shape) < share, 255, labels).astype(np.int32)


for normalization in ("valid", "full", "batch", "none"):
    case("softmaxCrossEntropy", f"normalised by {normalization}",
         {"logits": 3 * uniform(2, 3, 4, 4), "labels": labels_with_void(2, 3, 4)},
         lambda logits, labels: softmax_loss(logits, labels, normalization), {"normalization": normalization})
    case("softmaxCrossEntropy", f"normalised by {normalization}, with a mask",
         {"logits": uniform(2, 2, 3, 4), "labels": labels_with_void(2, 2, 3),
          "validMask": random.randint(0, 2, (2, 2, 3)).astype(np.float32)},
         lambda logits, labels, validMask: softmax_loss(logits, labels, normalization, 255, validMask),
         {"normalization": normalization}, constants=("validMask",))
case("softmaxCrossEntropy", "another ignore label",
     {"logits": uniform(1, 3, 4, 3), "labels": random.randint(0, 3, (1, 3, 4)).astype(np.int32)},
     lambda logits, labels: softmax_loss(logits, labels, ignoreLabel=0), {"ignoreLabel": 0})
case("softmaxCrossEntropy", "no ignore label",
     {"logits": uniform(1, 3, 4, 3), "labels": random.randint(0, 3, (1, 3, 4)).astype(np.int32)},
     lambda logits, labels: softmax_loss(logits, labels, ignoreLabel=None), {"ignoreLabel": None})
case("softmaxCrossEntropy", "nothing but ignored pixels",
     {"logits": uniform(1, 2, 2, 3), "labels": np.full((1, 2, 2), 255, np.int32)},
     lambda logits, labels: softmax_loss(logits, labels))
case("softmaxCrossEntropy", "logits too large to exponentiate",
     {"logits": 30 * uniform(1, 2, 3, 3) + 200, "labels": random.randint(0, 3, (1, 2, 3)).astype(np.int32)},
     lambda logits, labels: softmax_loss(logits, labels), differences=False)


def sigmoid_loss(logits, targets, normalization="batch", ignoreLabel=None, validMask=None):
    inside = torch.ones_like(targets) if validMask is None else validMask
    counted = inside if ignoreLabel is None else (targets != ignoreLabel).double() * inside
    each = F.binary_cross_entropy_with_logits(logits, torch.where(counted > 0, targets, torch.zeros_like(targets)),
                                              reduction="none")
    return (each * counted).sum() / divisor(normalization, counted, inside)


for normalization in ("valid", "full", "batch", "none"):
    targets = random.randint(0, 2, (2, 3, 2, 2)).astype(np.float32)
    case("sigmoidCrossEntropy", f"normalised by {normalization}, ignoring −1",
         {"logits": 3 * uniform(2, 3, 2, 2), "targets": np.where(random.uniform(size=targets.shape) < 0.3, -1, targets).astype(np.float32)},
         lambda logits, targets: sigmoid_loss(logits, targets, normalization, -1),
         {"normalization": normalization, "ignoreLabel": -1}, constants=("targets",))
case("sigmoidCrossEntropy", "soft targets, with a mask",
     {"logits": 20 * uniform(2, 5), "targets": uniform(2, 5, low=0, high=1), "validMask": random.randint(0, 2, (2, 5)).astype(np.float32)},
     lambda logits, targets, validMask: sigmoid_loss(logits, targets, "valid", None, validMask),
     {"normalization": "valid"}, constants=("targets", "validMask"))

made = f"oracles/ops/make_op_fixtures.py, PyTorch {torch.__version__}, NumPy {np.__version__}, Python {platform.python_version()}, float64"
lines = ",\n".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in cases)
TARGET.write_text(f'{{"made":{json.dumps(made)},"cases":[\n{lines}\n]}}\n')
print(f"{len(cases)} cases, {TARGET.stat().st_size} bytes: {made}")
