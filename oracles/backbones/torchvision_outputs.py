"""Runs torchvision's own nets, at full width, with weights that any language can compute.

    python3 oracles/backbones/torchvision_outputs.py > packages/backbones/src/fixtures/torchvision.json

Made with Debian's python3-torch 1.13.1 and python3-torchvision 0.14.1. Value n of tensor k (in the order of the state
dictionary, batch counters left out) comes from a 32-bit hash of both, so that nothing but the outputs has to be stored.
"""
import json
import sys

import numpy as np
import torch
import torchvision


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


def fill(net):
    for k, (name, tensor) in enumerate((n, t) for n, t in net.state_dict().items() if "num_batches" not in n):
        u = uniform(k, tensor.numel())
        if tensor.dim() > 1:
            values = u * np.sqrt(6 / tensor[0].numel())
        elif name.endswith("running_var"):
            values = 1 + 0.3 * u
        elif name.endswith("weight"):
            values = 1 + 0.2 * u
        else:
            values = 0.1 * u
        tensor.copy_(torch.from_numpy(values.astype(np.float32)).reshape(tensor.shape))


cases = [
    ("vgg16", (32, 64), lambda net: net.features),
    ("vgg19", (32, 64), lambda net: net.features),
    ("resnet50", (57, 43), lambda net: net),
    ("resnet101", (57, 43), lambda net: net),
    ("resnet152", (33, 43), lambda net: net),
    ("squeezenet1_0", (75, 91), lambda net: net),
    ("squeezenet1_1", (75, 91), lambda net: net),
    ("densenet121", (57, 43), lambda net: net),
]
results = []
for name, (height, width), part in cases:
    net = getattr(torchvision.models, name)(weights=None).eval()
    run = part(net)
    with torch.no_grad():
        fill(run)
        image = uniform(9999, 3 * height * width).astype(np.float32).reshape(1, 3, height, width)
        output = run(torch.from_numpy(image)).numpy()
    places = np.linspace(0, output.size - 1, 64).astype(int)
    results.append({
        "name": name,
        "size": [height, width],
        "parameters": sum(p.numel() for p in net.parameters()),
        "shape": list(output.shape),
        "largest": float(np.abs(output).max()),
        "places": places.tolist(),
        "values": [float(f"{v:.8g}") for v in output.ravel()[places]],
    })
json.dump({"torch": torch.__version__, "torchvision": torchvision.__version__, "nets": results}, sys.stdout, separators=(",", ":"))
