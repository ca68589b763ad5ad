"""Writes an FCN-8s (VGG-16, 21 classes) of the published sizes with random weights: net.prototxt and net.caffemodel.

    python3 write_fcn8s.py FOLDER

About 537 MB. The wire format is written by hand, so that neither side of the benchmark has made its own input.
"""
import os
import sys

import numpy as np

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
rng = np.random.default_rng(1)
text = ['input: "data" input_dim: 1 input_dim: 3 input_dim: 500 input_dim: 500\n']
layers = []


def varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    out.append(value)
    return bytes(out)


def field(number, parts):
    length = sum(len(part) for part in parts)
    return [varint(number * 8 + 2), varint(length), *parts]


def blob(values):
    shape = field(7, field(1, [b"".join(varint(size) for size in values.shape)]))
    return field(7, [*shape, *field(5, [memoryview(values.astype(np.float32).reshape(-1)).cast("B")])])


def random(*shape):
    return rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / np.prod(shape[1:])))


def convolution(name, bottom, outputs, inputs, kernel, pad):
    text.append(
        f'layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" '
        f"convolution_param {{ num_output: {outputs} pad: {pad} kernel_size: {kernel} }} }}\n"
    )
    layers.append((name, "Convolution", [random(outputs, inputs, kernel, kernel), np.zeros(outputs, np.float32)]))


def upsampling(name, bottom, kernel, stride):
    text.append(
        f'layer {{ name: "{name}" type: "Deconvolution" bottom: "{bottom}" top: "{name}" '
        f"convolution_param {{ num_output: 21 bias_term: false kernel_size: {kernel} stride: {stride} }} }}\n"
    )
    layers.append((name, "Deconvolution", [random(21, 21, kernel, kernel)]))


def simple(name, kind, bottoms, top, settings=""):
    names = " ".join(f'bottom: "{bottom}"' for bottom in bottoms)
    text.append(f'layer {{ name: "{name}" type: "{kind}" {names} top: "{top}" {settings} }}\n')


below, inputs = "data", 3
for stage, (width, depth) in enumerate([(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)], 1):
    for j in range(1, depth + 1):
        name = f"conv{stage}_{j}"
        convolution(name, below, width, inputs, 3, 100 if name == "conv1_1" else 1)
        simple(f"relu{stage}_{j}", "ReLU", [name], name)
        below, inputs = name, width
    simple(f"pool{stage}", "Pooling", [below], f"pool{stage}", "pooling_param { kernel_size: 2 stride: 2 }")
    below = f"pool{stage}"
convolution("fc6", "pool5", 4096, 512, 7, 0)
simple("relu6", "ReLU", ["fc6"], "fc6")
convolution("fc7", "fc6", 4096, 4096, 1, 0)
simple("relu7", "ReLU", ["fc7"], "fc7")
convolution("score_fr", "fc7", 21, 4096, 1, 0)
upsampling("upscore2", "score_fr", 4, 2)
convolution("score_pool4", "pool4", 21, 512, 1, 0)
simple("score_pool4c", "Crop", ["score_pool4", "upscore2"], "score_pool4c", "crop_param { axis: 2 offset: 5 }")
simple("fuse_pool4", "Eltwise", ["upscore2", "score_pool4c"], "fuse_pool4")
upsampling("upscore_pool4", "fuse_pool4", 4, 2)
convolution("score_pool3", "pool3", 21, 256, 1, 0)
simple("score_pool3c", "Crop", ["score_pool3", "upscore_pool4"], "score_pool3c", "crop_param { axis: 2 offset: 9 }")
simple("fuse_pool3", "Eltwise", ["upscore_pool4", "score_pool3c"], "fuse_pool3")
upsampling("upscore8", "fuse_pool3", 16, 8)
simple("score", "Crop", ["upscore8", "data"], "score", "crop_param { axis: 2 offset: 31 }")

with open(os.path.join(folder, "net.prototxt"), "w") as file:
    file.writelines(text)
with open(os.path.join(folder, "net.caffemodel"), "wb") as file:
    for name, kind, blobs in layers:
        body = [*field(1, [name.encode()]), *field(2, [kind.encode()])]
        for values in blobs:
            body += blob(values)
        for part in field(100, body):
            file.write(part)
