"""The nets of the benchmark in PyTorch, with the layers of the Pixelwise ones; weights are random, as time depends on shapes."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def conv(inputs, outputs, size, stride=1, pad=0, groups=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, stride, pad, groups=groups), nn.ReLU(inplace=True))


class LrnOperator(torch.autograd.Function):
    """Exports as ONNX's own operator; PyTorch writes seven others, which OpenCV cannot read."""

    @staticmethod
    def symbolic(graph, x):
        return graph.op("LRN", x, size_i=5, alpha_f=1e-4, beta_f=0.75, bias_f=1.0)

    @staticmethod
    def forward(context, x):
        return F.local_response_norm(x, 5, 1e-4, 0.75, 1.0)


class Lrn(nn.Module):
    def forward(self, x):
        if torch.onnx.is_in_onnx_export():
            return LrnOperator.apply(x)
        return F.local_response_norm(x, 5, 1e-4, 0.75, 1.0)


def lrn():
    return Lrn()


def pool(size=3, stride=2, pad=0):
    return nn.MaxPool2d(size, stride, pad, ceil_mode=True)


class Vgg16(nn.Module):
    channels = {8: 256, 16: 512, 32: 4096}

    def __init__(self, pad):
        super().__init__()
        stages, inputs = [], 3
        for stage, (depth, outputs) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]):
            layers = []
            for i in range(depth):
                layers.append(conv(inputs, outputs, 3, pad=pad if stage == i == 0 else 1))
                inputs = outputs
            stages.append(nn.Sequential(*layers, pool(2)))
        self.stages = nn.ModuleList(stages)
        self.classify = nn.Sequential(conv(512, 4096, 7), nn.Dropout(), conv(4096, 4096, 1), nn.Dropout())

    def forward(self, x):
        taps = {}
        for stage, layers in enumerate(self.stages, 1):
            x = taps[2**stage] = layers(x)
        taps[32] = self.classify(x)
        return taps


class CaffeNet(nn.Module):
    channels = {32: 4096}

    def __init__(self, pad):
        super().__init__()
        self.layers = nn.Sequential(
            conv(3, 96, 11, 4, pad), pool(), lrn(), conv(96, 256, 5, 1, 2, 2), pool(), lrn(),
            conv(256, 384, 3, pad=1), conv(384, 384, 3, 1, 1, 2), conv(384, 256, 3, 1, 1, 2), pool(),
            conv(256, 4096, 6), nn.Dropout(), conv(4096, 4096, 1), nn.Dropout(),
        )

    def forward(self, x):
        return {32: self.layers(x)}


class Inception(nn.Module):
    def __init__(self, inputs, one, reduce3, three, reduce5, five, projection):
        super().__init__()
        self.branches = nn.ModuleList([
            conv(inputs, one, 1),
            nn.Sequential(conv(inputs, reduce3, 1), conv(reduce3, three, 3, pad=1)),
            nn.Sequential(conv(inputs, reduce5, 1), conv(reduce5, five, 5, pad=2)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(inputs, projection, 1)),
        ])

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class GoogLeNet(nn.Module):
    channels = {32: 1024}

    def __init__(self, pad):
        super().__init__()
        modules = [
            (192, 64, 96, 128, 16, 32, 32), (256, 128, 128, 192, 32, 96, 64), None, (480, 192, 96, 208, 16, 48, 64),
            (512, 160, 112, 224, 24, 64, 64), (512, 128, 128, 256, 24, 64, 64), (512, 112, 144, 288, 32, 64, 64),
            (528, 256, 160, 320, 32, 128, 128), None, (832, 256, 160, 320, 32, 128, 128), (832, 384, 192, 384, 48, 128, 128),
        ]
        self.layers = nn.Sequential(
            conv(3, 64, 7, 2, pad), pool(), lrn(), conv(64, 64, 1), conv(64, 192, 3, pad=1), lrn(), pool(),
            *[pool() if module is None else Inception(*module) for module in modules],
        )

    def forward(self, x):
        return {32: self.layers(x)}


class Fire(nn.Module):
    def __init__(self, inputs, squeezed):
        super().__init__()
        self.squeeze = conv(inputs, squeezed, 1)
        self.expand1, self.expand3 = conv(squeezed, 4 * squeezed, 1), conv(squeezed, 4 * squeezed, 3, pad=1)

    def forward(self, x):
        x = self.squeeze(x)
        return torch.cat([self.expand1(x), self.expand3(x)], 1)


class SqueezeNet(nn.Module):
    channels = {4: 256, 8: 512, 16: 512}

    def __init__(self, pad):
        super().__init__()
        fires = {i: Fire(96 if i == 2 else 8 * 16 * ((i - 1) // 2), 16 * (i // 2)) for i in range(2, 10)}
        self.fine = nn.Sequential(conv(3, 96, 7, 2, pad), pool(), fires[2], fires[3], fires[4])
        self.middle = nn.Sequential(pool(), fires[5], fires[6], fires[7], fires[8])
        self.coarse = nn.Sequential(pool(), fires[9], nn.Dropout())

    def forward(self, x):
        fine = self.fine(x)
        middle = self.middle(fine)
        return {4: fine, 8: middle, 16: self.coarse(middle)}


class Upsampling(nn.Module):
    """Bilinear interpolation as a transposed convolution, channel by channel, as in the published nets."""

    def __init__(self, classes, factor):
        super().__init__()
        line = 1 - (torch.arange(2 * factor) - factor + 0.5).abs() / factor
        self.register_buffer("weight", torch.outer(line, line).repeat(classes, 1, 1, 1))
        self.factor = factor

    def forward(self, x):
        return F.conv_transpose2d(x, self.weight, stride=self.factor, groups=x.shape[1])


def crop(x, offset, height, width):
    """The larger of two maps loses cells on both sides; the smaller stays."""
    if x.shape[2] <= height and x.shape[3] <= width:
        return x
    return x[:, :, offset : offset + height, offset : offset + width]


class Fcn(nn.Module):
    def __init__(self, trunk, stride, crops, classes=21):
        super().__init__()
        self.trunk, self.crops = trunk, crops
        self.strides = sorted((s for s in trunk.channels if s >= stride), reverse=True)
        self.scores = nn.ModuleList([nn.Conv2d(trunk.channels[s], classes, 1) for s in self.strides])
        self.twice = Upsampling(classes, 2)
        self.last = Upsampling(classes, self.strides[-1])

    def forward(self, image):
        taps = self.trunk(image)
        scores = self.scores[0](taps[self.strides[0]])
        for stride, score, offset in zip(self.strides[1:], self.scores[1:], self.crops):
            up, skip = self.twice(scores), score(taps[stride])
            height, width = (min(lengths) for lengths in zip(up.shape[2:], skip.shape[2:]))
            scores = crop(up, offset, height, width) + crop(skip, offset, height, width)
        return crop(self.last(scores), self.crops[-1], *image.shape[2:])


def region_transpose(pairs, window):
    """out[c, i] = p[c + i - origin, window - 1 - i] in both axes; `pairs` is [N, window², H, W]."""
    batch, _, height, width = pairs.shape
    before, after = window // 2, window - 1 - window // 2
    planes = F.pad(pairs, (before, after, before, after)).view(batch, window, window, height + window - 1, -1)
    if not torch.onnx.is_in_onnx_export():
        # The plane of an offset starts as many rows and columns later: one view, one copy.
        planes = planes.flip(1, 2)
        n, i, j, y, x = planes.stride()
        shape = (batch, window, window, height, width)
        return planes.as_strided(shape, (n, i + y, j + x, y, x)).reshape(batch, -1, height, width)
    rows = [planes[:, window - 1 - i, :, i : i + height] for i in range(window)]
    moved = torch.stack(rows, 1)
    columns = [moved[:, :, window - 1 - j, :, j : j + width] for j in range(window)]
    return torch.stack(columns, 2).reshape(batch, -1, height, width)


class Pathway(nn.Module):
    def __init__(self, channels, kernel, window, reduction=None):
        super().__init__()
        self.window = window
        self.reduce = nn.Identity() if reduction is None else conv(channels, reduction, 1)
        inputs, pad = reduction or channels, kernel // 2
        self.regions = nn.Conv2d(inputs, window**2, kernel, padding=pad)
        self.matrix = nn.Conv2d(window**2, window**2, 1)  # one matrix for the regions of all cells
        self.score = nn.Sequential(conv(inputs, 32, kernel, pad=pad), nn.Conv2d(32, 1, kernel, padding=pad))

    def forward(self, features):
        features = self.reduce(features)
        return self.matrix(region_transpose(self.regions(features), self.window)), self.score(features)


class RegionNet(nn.Module):
    """VGG-16 with the coarsest four pathways of Long 2016, Table 4.1; fc6's behind a reduction, as in nets.mjs."""

    def __init__(self):
        super().__init__()
        trunk = Vgg16(1)
        self.stages = trunk.stages
        self.fc6 = conv(512, 4096, 7, pad=3)
        sizes = [(256, 5, 14), (512, 9, 18), (512, 9, 18), (4096, 9, 18, 256)]
        self.pathways = nn.ModuleList([Pathway(*size) for size in sizes])

    def forward(self, x):
        taps = []
        for stage in self.stages:
            x = stage[:-1](x)
            taps.append(x)
            x = stage[-1](x)
        return [output for tap, pathway in zip([*taps[2:], self.fc6(x)], self.pathways) for output in pathway(tap)]


trunks = {"vgg16": Vgg16, "caffenet": CaffeNet, "googlenet": GoogLeNet, "squeezenet1.0": SqueezeNet}


def build(net, pad=100):
    torch.manual_seed(1)
    if "pathways" in net:
        return RegionNet()
    return Fcn(trunks[net["trunk"]](pad), net["stride"], net["crops"])
