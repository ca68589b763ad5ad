"""Writes packages/fcn/src/fixtures/training-steps.pytorch.json: three training steps of a small FCN-8s by PyTorch.

Run: /usr/bin/python3 oracles/training/pytorch_fcn8s.py      (Debian 12: python3-torch)

The net is written from the paper: five stages of one 3×3 convolution and a 2×2 pooling (rounding up, as Caffe), fc6, fc7,
three scorers, and bilinear transposed convolutions that do not learn. Crops follow from where cells look: a pooling's
cell i is at pixel s·i + (s−1)/2, a transposed convolution of kernel 2f and stride f puts cell i at f·i + f − 1/2. So the
first cells of the three upsamplings lie 16, 8 and 4 pixels above and left of what they are added to: 1, 1 and 4 cells.
"""
import json, math, pathlib, torch
import torch.nn.functional as F

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
CLASSES, CHANNELS, FC = 4, [3, 4, 5, 5, 6], 7
SIZES = [(45, 61), (61, 45), (50, 50)]
MOMENTUM, DECAY = 0.99, 5e-4
RATES = {"valid": 0.05, "none": 2e-5}


def filters(name, inputs, outputs, size):
    scale = math.sqrt(2 / (inputs * size * size))
    return {f"{name}/kernel": torch.randn(outputs, inputs, size, size) * scale, f"{name}/bias": torch.randn(outputs) * 0.1}


START = {}
for stage, (inputs, outputs) in enumerate(zip([3] + CHANNELS, CHANNELS), 1):
    START |= filters(f"conv{stage}_1", inputs, outputs, 3)
START |= filters("fc6", CHANNELS[-1], FC, 3) | filters("fc7", FC, FC, 1)
for name, inputs in [("score_fr", FC), ("score_pool4", CHANNELS[3]), ("score_pool3", CHANNELS[2])]:
    START |= filters(name, inputs, CLASSES, 1)


def image(step):
    height, width = SIZES[step]
    i = torch.arange(height * width * 3)
    return torch.sin(i * (0.013 + 0.004 * step)).float().double().reshape(height, width, 3).permute(2, 0, 1)[None]


def labels(step):
    height, width = SIZES[step]
    row, column = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    label = (row // 9 + column // 11 + step) % CLASSES
    return torch.where((row * column) % 7 == 3, 255, label)[None]


def upsample(scores, factor):
    ramp = 1 - (torch.arange(2 * factor) + 0.5 - factor).abs() / factor
    kernel = torch.zeros(CLASSES, CLASSES, 2 * factor, 2 * factor)
    for c in range(CLASSES):
        kernel[c, c] = ramp[:, None] * ramp[None, :]
    return F.conv_transpose2d(scores, kernel, stride=factor)


def crop(scores, offset, like):
    height, width = like.shape[2:]
    return scores[:, :, offset : offset + height, offset : offset + width]


def net(w, x):
    def convolve(name, x, pad=0):
        return F.conv2d(x, w[f"{name}/kernel"], w[f"{name}/bias"], padding=pad)

    pools, features = {}, x
    for stage in range(1, 6):
        features = F.max_pool2d(F.relu(convolve(f"conv{stage}_1", features, 1)), 2, 2, ceil_mode=True)
        pools[stage] = features
    fc7 = F.relu(convolve("fc7", F.relu(convolve("fc6", features, 1))))
    score4, score3 = convolve("score_pool4", pools[4]), convolve("score_pool3", pools[3])
    fuse4 = crop(upsample(convolve("score_fr", fc7), 2), 1, score4) + score4
    fuse3 = crop(upsample(fuse4, 2), 1, score3) + score3
    return crop(upsample(fuse3, 8), 4, x)


def train(normalization):
    weights = {name: value.clone().requires_grad_() for name, value in START.items()}
    groups = [
        {"params": [weight], "lr": RATES[normalization] * (2 if name.endswith("bias") else 1),
         "weight_decay": 0 if name.endswith("bias") else DECAY}
        for name, weight in weights.items()
    ]
    optimiser = torch.optim.SGD(groups, lr=RATES[normalization], momentum=MOMENTUM)
    losses = []
    for step in range(len(SIZES)):
        loss = F.cross_entropy(
            net(weights, image(step)), labels(step), ignore_index=255,
            reduction="mean" if normalization == "valid" else "sum",
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return {"learningRate": RATES[normalization], "losses": losses, "weights": stored(weights)}


def stored(weights):
    """Kernels in the order rows, columns, inputs, outputs."""
    return {
        name: (value.permute(2, 3, 1, 0) if value.dim() == 4 else value).detach().flatten().tolist()
        for name, value in weights.items()
    }


# PyTorch sees float32 weights at the start, as the net under test does.
START = {name: value.float().double() for name, value in START.items()}
out = pathlib.Path(__file__).parents[2] / "packages/fcn/src/fixtures/training-steps.pytorch.json"
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps({
    "madeBy": f"oracles/training/pytorch_fcn8s.py, PyTorch {torch.__version__}",
    "start": stored(START), "valid": train("valid"), "none": train("none"),
}) + "\n")
