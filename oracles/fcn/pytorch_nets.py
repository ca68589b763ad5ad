"""Runs fully convolutional nets in PyTorch with weights that any language can compute.

    /usr/bin/python3 oracles/fcn/pytorch_nets.py > packages/fcn/src/fixtures/nets.pytorch.json

With 1 as its argument it runs the nets at full width (names may follow, for some of them; of those on VGG-16 one at a time,
as the heap of wasm ends at 4 GiB):

    /usr/bin/python3 oracles/fcn/pytorch_nets.py 1 siftflow-fcn8s > full.json
    FCN_NETS=full.json npx vitest run packages/fcn/src/recipes/pytorch-nets.test.ts

Made with Debian's python3-torch 1.13.1. The nets are written from their sources: the prototxts of fcn.berkeleyvision.org
(crops as typed there), Long 2016 for those that are not there, models.py of Keras-FCN (aurora95). Every weight has a name,
such as conv1_1/kernel; its values come from a 32-bit hash of the name and the place, so that only outputs are stored.
Outputs are at a sixteenth of the published widths, numbers of parameters at full width.
"""
import json
import math
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F


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


class Net:
    """Layers by their published names; remembers how many parameters they have."""

    def __init__(self, width, device):
        self.width, self.device, self.parameters = width, device, 0

    def slim(self, channels):
        return channels if self.width == 1 else max(2, 2 * math.floor(channels * self.width / 2 + 0.5))

    def tensor(self, name, shape, base=0.0, spread=0.1):
        self.parameters += math.prod(shape)
        if self.device == "meta":
            return torch.empty(shape, device="meta")
        values = base + spread * uniform(zlib.crc32(name.encode()) % 65536, math.prod(shape))
        return torch.from_numpy(values.astype(np.float32)).reshape(shape)

    def kernel(self, name, shape):
        return self.tensor(name + "/kernel", shape, 0, math.sqrt(6 / math.prod(shape[1:])))

    def conv(self, x, name, filters, size, stride=1, pad=0, dilation=1, bias=True):
        weight = self.kernel(name, [filters, x.shape[1], size, size])
        offset = self.tensor(name + "/bias", [filters]) if bias else None
        if pad == "same":
            x, pad = same(x, size, stride), 0
        return F.conv2d(x, weight, offset, stride, pad, dilation)

    def normalize(self, x, names, epsilon):
        statistics, scale = names
        vector = lambda name, base, spread: self.tensor(name, [x.shape[1]], base, spread)
        mean, variance = vector(statistics + "/movingMean", 0, 0.1), vector(statistics + "/movingVariance", 1, 0.3)
        weight, bias = vector(scale + "/scale", 1, 0.2), vector(scale + "/bias", 0, 0.1)
        return F.batch_norm(x, mean, variance, weight, bias, False, 0, epsilon)

    def image(self, name, channels, height, width):
        if self.device == "meta":
            return torch.empty(1, channels, height, width, device="meta")
        values = uniform(zlib.crc32(name.encode()) % 65536, channels * height * width)
        return torch.from_numpy(values.astype(np.float32)).reshape(1, channels, height, width)


def same(x, size, stride):
    """TensorFlow's padding: enough for ceil(size / stride) cells, the smaller half first."""
    sides = []
    for length in (x.shape[3], x.shape[2]):
        total = max(0, (math.ceil(length / stride) - 1) * stride + size - length)
        sides += [total // 2, total - total // 2]
    return F.pad(x, sides)


def resize_asymmetric(x, height, width):
    """TensorFlow 1's resize_bilinear: source = target · in / out."""
    for axis, length in ((2, height), (3, width)):
        size = x.shape[axis]
        position = torch.arange(length, dtype=torch.float64, device=x.device) * size / length
        low = position.floor().long().clamp(max=size - 1)
        high = (low + 1).clamp(max=size - 1)
        shape = [1, 1, 1, 1]
        shape[axis] = length
        share = (position - low).to(x.dtype).reshape(shape)
        x = x.index_select(axis, low) * (1 - share) + x.index_select(axis, high) * share
    return x


def interpolate(x, size, stride):
    """The fixed transposed convolution of the published nets, channel by channel."""
    f = math.ceil(size / 2)
    c = f - 1 if size % 2 else f - 0.5
    line = 1 - (torch.arange(size, device=x.device, dtype=torch.float32) - c).abs() / f
    weight = torch.outer(line, line).expand(x.shape[1], 1, size, size)
    return F.conv_transpose2d(x, weight, stride=stride, groups=x.shape[1])


def crop(x, like, offset):
    height, width = like.shape[2:]
    assert offset + height <= x.shape[2] and offset + width <= x.shape[3]
    return x[:, :, offset : offset + height, offset : offset + width]


def vgg16(net, x, suffix="", pad=100, keras_stride=None, last=None):
    """Features by name, up to the last if given. keras_stride: as in Keras-FCN, with this output stride."""
    taps = {}
    keras = keras_stride is not None
    for stage, (depth, channels) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for i in range(1, depth + 1):
            first = stage == 1 and i == 1
            x = F.relu(net.conv(x, f"conv{stage}_{i}{suffix}", net.slim(channels), 3, pad=1 if keras or not first else pad))
        if keras and 2**stage > keras_stride:
            continue
        x = taps[f"pool{stage}"] = F.max_pool2d(x, 2, 2, ceil_mode=not keras)
        if last in taps:
            return taps
    dilation = 2 if keras_stride == 16 else 1
    x = F.relu(net.conv(x, f"fc6{suffix}", net.slim(4096), 7, pad=3 * dilation if keras else 0, dilation=dilation))
    taps["fc7"] = F.relu(net.conv(x, f"fc7{suffix}", net.slim(4096), 1))
    return taps


def resnet50(net, x, keras, output_stride=32):
    """keras: Keras-FCN's; else torchvision's, by Caffe's layer names."""
    epsilon, bias = (1e-3, True) if keras else (1e-5, False)
    x = net.conv(x, "conv1", net.slim(64), 7, 2, "same" if keras else 3, bias=bias)
    x = F.relu(net.normalize(x, ("bn_conv1", "scale_conv1"), epsilon))
    x = F.max_pool2d(x, 3, 2, padding=0 if keras else 1)
    taps = {}
    for stage, blocks in ((2, "abc"), (3, "abcd"), (4, "abcdef"), (5, "abc")):
        channels = 64 * 2 ** (stage - 2)
        dilation = 2 if output_stride == 16 and stage == 5 else 1
        for block in blocks:
            stride = 2 if block == "a" and stage > 2 and dilation == 1 else 1

            def branch(y, part, filters, size, step=1):
                rate = dilation if size == 3 else 1
                name = f"{stage}{block}_{part}"
                y = net.conv(y, f"res{name}", filters, size, step, rate * (size // 2), rate, bias)
                return net.normalize(y, (f"bn{name}", f"scale{name}"), epsilon)

            wide = net.slim(4 * channels)
            shortcut = branch(x, "branch1", wide, 1, stride) if block == "a" else x
            y = F.relu(branch(x, "branch2a", net.slim(channels), 1, stride if keras else 1))
            y = F.relu(branch(y, "branch2b", net.slim(channels), 3, 1 if keras else stride))
            x = F.relu(shortcut + branch(y, "branch2c", wide, 1))
        taps[f"res{stage}"] = x
    return taps


def googlenet(net, x, pad):
    """bvlc_googlenet without its last pooling; 100 pixels around the image, as around the other trunks."""
    relu = lambda y, name, filters, size, stride=1, p=0: F.relu(net.conv(y, name, net.slim(filters), size, stride, p))
    lrn = lambda y: F.local_response_norm(y, 5, 1e-4, 0.75, 1)
    halve = lambda y: F.max_pool2d(y, 3, 2, ceil_mode=True)
    x = lrn(halve(relu(x, "conv1/7x7_s2", 64, 7, 2, pad)))
    x = halve(lrn(relu(relu(x, "conv2/3x3_reduce", 64, 1), "conv2/3x3", 192, 3, 1, 1)))
    modules = {
        "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64),
        "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
        "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
    }
    for module, (one, reduce3, three, reduce5, five, projection) in modules.items():
        name = f"inception_{module}/"
        if module in ("4a", "5a"):
            x = halve(x)
        x = torch.cat([
            relu(x, name + "1x1", one, 1),
            relu(relu(x, name + "3x3_reduce", reduce3, 1), name + "3x3", three, 3, 1, 1),
            relu(relu(x, name + "5x5_reduce", reduce5, 1), name + "5x5", five, 5, 1, 2),
            relu(F.max_pool2d(x, 3, 1, 1), name + "pool_proj", projection, 1),
        ], 1)
    return x


def head(net, taps, image, classes, stride, suffix="", fuse=torch.add, learned=False):
    """score_fr, upscore2, score_pool4 … of the published nets."""
    score = lambda tap, name: net.conv(taps[tap], f"score_{name}{suffix}", classes, 1)
    coarse = score("fc7", "fr")
    return skips(net, coarse, lambda level: score(f"pool{level}", f"pool{level}"), image, stride, suffix, fuse, learned)


def skips(net, coarse, score_pool, image, stride, suffix="", fuse=torch.add, learned=False):
    def double(x, name):
        if not learned:
            return interpolate(x, 4, 2)
        return F.conv_transpose2d(x, net.kernel(name + suffix, [x.shape[1], x.shape[1], 4, 4]), stride=2)

    if stride == 32:
        return crop(interpolate(coarse, 64, 32), image, 19)
    up = double(coarse, "upscore2")
    fused = fuse(up, crop(score_pool(4), up, 5))
    if stride == 16:
        return crop(interpolate(fused, 32, 16), image, 27)
    up = double(fused, "upscore_pool4")
    return crop(interpolate(fuse(up, crop(score_pool(3), up, 9)), 16, 8), image, 31)


def late_fusion(stride):
    def run(net, height, width):
        images = {name: net.image(name, 3, height, width) for name in ("color", "hha")}
        taps = {name: vgg16(net, image, name) for name, image in images.items()}
        mean = lambda tap, name: sum(0.5 * net.conv(taps[s][tap], f"score_{name}{s}", 40, 1) for s in images)
        return [skips(net, mean("fc7", "fr"), lambda level: mean(f"pool{level}", f"pool{level}"), images["color"], stride)]

    return run


def sift_flow(stride):
    def run(net, height, width):
        image = net.image("data", 3, height, width)
        taps = vgg16(net, image)
        return [head(net, taps, image, classes, stride, suffix) for suffix, classes in (("_sem", 33), ("_geo", 3))]

    return run


def voc(stride, **options):
    def run(net, height, width):
        image = net.image("data", 3, height, width)
        return [head(net, vgg16(net, image), image, 21, stride, **options)]

    return run


def pool4_alone(net, height, width):
    image = net.image("data", 3, height, width)
    scores = net.conv(vgg16(net, image, last="pool4")["pool4"], "score_pool4", 21, 1)
    # FCN-16s crops these scores by 5 cells of 16 pixels, and their sum with the others by 27 pixels.
    return [crop(interpolate(scores, 32, 16), image, 5 * 16 + 27)]


def fcn_googlenet(net, height, width):
    image = net.image("data", 3, height, width)
    # The cells' scores: where they are cropped is not published.
    return [net.conv(googlenet(net, image, 100), "score_fr", 21, 1)]


def keras_vgg16(stride):
    def run(net, height, width):
        image = net.image("data", 3, height, width)
        scores = net.conv(vgg16(net, image, pad=1, keras_stride=stride)["fc7"], "score_fr", 21, 1)
        return [resize_asymmetric(scores, height, width)]

    return run


def keras_resnet50(stride):
    def run(net, height, width):
        image = net.image("data", 3, height, width)
        scores = net.conv(resnet50(net, image, True, stride)["res5"], "score_fr", 21, 1)
        return [resize_asymmetric(scores, height, width)]

    return run


def resized_resnet50(net, height, width):
    """FCN-8s on torchvision's ResNet-50, maps resized as PyTorch does by default."""
    taps = resnet50(net, net.image("data", 3, height, width), False)
    scores = net.conv(taps["res5"], "score_fr", 21, 1)
    for name in ("res4", "res3"):
        finer = net.conv(taps[name], f"score_{name}", 21, 1)
        scores = F.interpolate(scores, finer.shape[2:], mode="bilinear", align_corners=False) + finer
    return [F.interpolate(scores, (height, width), mode="bilinear", align_corners=False)]


def normalize_relu(net, x, name):
    vector = lambda part, base, spread: net.tensor(f"{name}_bn/{part}", [x.shape[1]], base, spread)
    scale, centre = vector("scale", 1, 0.2), vector("centre", 0, 0.1)
    mean, variance = vector("movingMean", 0, 0.1), vector("movingVariance", 1, 0.3)
    return F.relu(F.batch_norm(x, mean, variance, scale, centre, False, 0, 1e-5))


def dense_net_fcn(net, height, width):
    """FC-DenseNet103 by Tables 1 and 2 of Jégou et al. 2017."""
    growth, depths = max(1, round(16 * net.width)), [4, 5, 7, 10, 12, 15]
    activate = lambda x, name: normalize_relu(net, x, name)

    def block(x, name, depth):
        added = []
        for i in range(1, depth + 1):
            added.append(net.conv(activate(x, f"{name}_{i}"), f"{name}_{i}", growth, 3, pad=1))
            x = torch.cat([x, added[-1]], 1)
        return x, torch.cat(added, 1)

    x = net.conv(net.image("data", 3, height, width), "conv0", max(1, round(48 * net.width)), 3, pad=1)
    skips = []
    for i, depth in enumerate(depths[:-1], 1):
        x, _ = block(x, f"down{i}", depth)
        skips.append(x)
        name = f"transition_down{i}"
        x = F.max_pool2d(net.conv(activate(x, name), name, x.shape[1], 1), 2)
    _, added = block(x, "middle", depths[-1])
    for i in range(len(skips), 0, -1):
        name, skip = f"transition_up{i}", skips[i - 1]
        weight = net.kernel(name, [added.shape[1], added.shape[1], 3, 3])
        up = F.conv_transpose2d(added, weight, net.tensor(name + "/bias", [added.shape[1]]), 2)
        x, added = block(torch.cat([crop(up, skip, 0), skip], 1), f"up{i}", depths[i - 1])
    return [net.conv(x, "score", 21, 1)]


def atrous_dense_net(net, height, width):
    """Atrous_DenseNet of Keras-FCN: DenseNet-121's blocks with 1x1 transitions that neither pool nor stride."""
    growth = max(1, round(32 * net.width))
    x = net.conv(net.image("data", 3, height, width), "conv0", max(1, round(64 * net.width)), 3, pad=1, bias=False)
    for b, depth in enumerate([6, 12, 24, 16], 1):
        if b > 1:
            name = f"transition{b - 1}"
            x = net.conv(normalize_relu(net, x, name), name, x.shape[1] // 2, 1, bias=False)
        for i in range(1, depth + 1):
            name = f"block{b}_{i}"
            y = net.conv(normalize_relu(net, x, f"{name}_bottleneck"), f"{name}_bottleneck", 4 * growth, 1, bias=False)
            x = torch.cat([x, net.conv(normalize_relu(net, y, name), name, growth, 3, pad=1, bias=False)], 1)
    return [net.conv(normalize_relu(net, x, "last"), "score", 21, 1)]


odd, aligned = (45, 61), (64, 96)
cases = [
    ("nyud-fcn32s-color-hha", odd, late_fusion(32)),
    ("nyud-fcn16s-color-hha", odd, late_fusion(16)),
    ("siftflow-fcn16s", odd, sift_flow(16)),
    ("siftflow-fcn8s", odd, sift_flow(8)),
    ("voc-fcn8s-batch20", odd, voc(8, learned=True)),
    ("voc-fcn16s-max-batch20", odd, voc(16, fuse=torch.maximum, learned=True)),
    ("voc-fcn16s-pool4-batch20", odd, pool4_alone),
    ("voc-fcn-googlenet-batch20", odd, fcn_googlenet),
    # Its BilinearUpSampling2D multiplies the scores' size, which is the image's where 32 divides it.
    ("FCN_Vgg16_32s", aligned, keras_vgg16(32)),
    ("AtrousFCN_Vgg16_16s", (75, 91), keras_vgg16(16)),
    ("FCN_Resnet50_32s", aligned, keras_resnet50(32)),
    ("AtrousFCN_Resnet50_16s", (75, 92), keras_resnet50(16)),
    ("resized fcn8s-resnet50", (75, 91), resized_resnet50),
    ("DenseNet_FCN", odd, dense_net_fcn),
    ("Atrous_DenseNet", (13, 18), atrous_dense_net),
]

width_factor = float(sys.argv[1]) if len(sys.argv) > 1 else 1 / 16
results = []
with torch.no_grad():
    for name, (height, width), run in cases:
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        full = Net(1, "meta")
        run(full, height, width)
        outputs = run(Net(width_factor, "cpu"), height, width)
        samples = []
        for output in outputs:
            output = output.numpy()
            places = np.linspace(0, output.size - 1, 48).astype(int)
            samples.append({
                "shape": list(output.shape),
                "largest": float(np.abs(output).max()),
                "places": places.tolist(),
                "values": [float(f"{v:.8g}") for v in output.ravel()[places]],
            })
        results.append({"name": name, "size": [height, width], "parameters": full.parameters, "outputs": samples})
json.dump({"torch": torch.__version__, "width": width_factor, "nets": results}, sys.stdout, separators=(",", ":"))
