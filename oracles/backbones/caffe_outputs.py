"""Runs the published Caffe nets in OpenCV, at full width, with weights that any language can compute.

    python3 oracles/backbones/caffe_outputs.py BVLC_ALEXNET.prototxt BVLC_GOOGLENET.prototxt \\
        > packages/backbones/src/fixtures/caffe.json

Made with Debian's python3-opencv 4.6.0 and the two prototxts of opencv_contrib's test data, cut off before their fully
connected layers. CaffeNet is AlexNet with each pooling before its normalisation. The numbers are those of
torchvision_outputs.py; the tensors are counted in the order of the prototxt.
"""
import json
import os
import re
import sys
import tempfile

import cv2
import numpy as np


def uniform(k, size):
    """Numbers in [-1, 1): a multiplicative hash of index and tensor number."""
    with np.errstate(over="ignore"):
        h = np.arange(size, dtype=np.uint32) * np.uint32(2654435761) + np.uint32((k * 40503) % 2**32)
        h ^= h >> np.uint32(15)
        h *= np.uint32(2246822519)
        h ^= h >> np.uint32(13)
        h *= np.uint32(3266489917)
        h ^= h >> np.uint32(16)
    return h.astype(np.float64) / 2**31 - 1


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, payload):
    """A length-delimited field of the protobuf wire format."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def blob(values):
    shape = field(1, b"".join(varint(n) for n in values.shape))
    return field(7, shape) + field(5, values.astype("<f4").tobytes())


def value(block, key, default=None):
    found = re.search(rf'\b{key}: *"?([^"\s]+)', block)
    return found.group(1) if found else default


def cut(text, last):
    """Header and layers up to the one called `last`."""
    header, *blocks = re.split(r"(?=^layer \{)", text, flags=re.M)
    names = [value(block, "name") for block in blocks]
    return header, blocks[: names.index(last) + 1]


def pool_first(blocks):
    """CaffeNet: norm1, pool1 become pool1, norm1, and so for 2."""
    joined = "".join(blocks)
    for i in (1, 2):
        norm = next(b for b in blocks if value(b, "name") == f"norm{i}")
        pool = next(b for b in blocks if value(b, "name") == f"pool{i}")
        moved_pool = pool.replace(f'bottom: "norm{i}"', f'bottom: "conv{i}"')
        moved_norm = norm.replace(f'bottom: "conv{i}"', f'bottom: "pool{i}"')
        joined = joined.replace(norm + pool, moved_pool + moved_norm)
        joined = joined.replace(f'bottom: "pool{i}"\n  top: "conv', f'bottom: "norm{i}"\n  top: "conv')
    return re.split(r"(?=^layer \{)", joined, flags=re.M)[1:]


def weights(blocks):
    """The caffemodel, and the names of the convolutions in their order."""
    channels = {"data": 3}
    layers, names, k = b"", [], 0
    for block in blocks:
        name, kind, top = value(block, "name"), value(block, "type"), value(block, "top")
        bottoms = re.findall(r'bottom: *"([^"]+)"', block)
        channels[top] = sum(channels[b] for b in bottoms)
        if kind != "Convolution":
            continue
        filters, size = int(value(block, "num_output")), int(value(block, "kernel_size"))
        inputs = channels[bottoms[0]] // int(value(block, "group", "1"))
        kernel = uniform(k, filters * inputs * size * size) * np.sqrt(6 / (inputs * size * size))
        bias = 0.1 * uniform(k + 1, filters)
        k += 2
        blobs = [kernel.reshape(filters, inputs, size, size), bias]
        channels[top] = filters
        layers += field(100, field(1, name.encode()) + field(2, kind.encode()) + b"".join(field(7, blob(b)) for b in blobs))
        names.append(name)
    return layers, names


alexnet, googlenet = (open(path).read() for path in sys.argv[1:3])
cases = [
    ("alexnet", "pool5", (99, 131), *cut(alexnet, "pool5")),
    ("caffenet", "pool5", (99, 131), *cut(alexnet, "pool5")),
    ("googlenet", "inception_5b/output", (67, 93), *cut(googlenet, "inception_5b/output")),
]
results = []
for name, last, (height, width), header, blocks in cases:
    if name == "caffenet":
        blocks = pool_first(blocks)
    layers, names = weights(blocks)
    sizes = iter([1, 3, height, width])
    header = re.sub(r"input_dim: *\d+", lambda _: f"input_dim: {next(sizes)}", header)
    with tempfile.TemporaryDirectory() as folder:
        prototxt, model = os.path.join(folder, "net.prototxt"), os.path.join(folder, "net.caffemodel")
        open(prototxt, "w").write(header + "".join(blocks))
        open(model, "wb").write(layers)
        net = cv2.dnn.readNetFromCaffe(prototxt, model)
    net.setInput(100 * uniform(9999, 3 * height * width).astype(np.float32).reshape(1, 3, height, width))
    output = net.forward(last)
    places = np.linspace(0, output.size - 1, 64).astype(int)
    results.append({
        "name": name,
        "size": [height, width],
        "last": last,
        "layers": names,
        "shape": list(output.shape),
        "largest": float(np.abs(output).max()),
        "places": places.tolist(),
        "values": [float(f"{v:.8g}") for v in output.ravel()[places]],
    })
json.dump({"opencv": cv2.__version__, "nets": results}, sys.stdout, separators=(",", ":"))
