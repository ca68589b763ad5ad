"""Trains the same FCN-8s with PyTorch; see line-peer.mjs. Fixed upsampling as one filter per class, which is its fastest."""
import json, os, resource, sys, time

STAGES, FC, DROPOUT = [(2, 16), (2, 32), (2, 64), (2, 96), (1, 96)], 128, 0.1


def load():
    import torch
    from torch import nn
    from torch.nn import functional as F

    class Fcn8s(nn.Module):
        def __init__(self, classes):
            super().__init__()
            channels, self.stages = 3, nn.ModuleList()
            for depth, width in STAGES:
                layers = []
                for _ in range(depth):
                    layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
                    channels = width
                self.stages.append(nn.Sequential(*layers, nn.MaxPool2d(2, 2, ceil_mode=True)))
            self.top = nn.Sequential(
                nn.Conv2d(channels, FC, 3, padding=1), nn.ReLU(inplace=True), nn.Dropout(DROPOUT),
                nn.Conv2d(FC, FC, 1), nn.ReLU(inplace=True), nn.Dropout(DROPOUT),
            )
            for layer in self.modules():
                if isinstance(layer, nn.Conv2d):
                    nn.init.kaiming_normal_(layer.weight)
                    nn.init.zeros_(layer.bias)
            widths = [FC, STAGES[3][1], STAGES[2][1]]
            self.scorers = nn.ModuleList(nn.Conv2d(width, classes, 1) for width in widths)
            for scorer in self.scorers:
                nn.init.zeros_(scorer.weight)
                nn.init.zeros_(scorer.bias)
            for factor in (2, 8):
                ramp = 1 - (torch.arange(2 * factor) + 0.5 - factor).abs() / factor
                kernel = (ramp[:, None] * ramp[None, :]).expand(classes, 1, -1, -1).contiguous()
                self.register_buffer(f"kernel{factor}", kernel)

        def upsample(self, scores, factor, offset, like):
            kernel = getattr(self, f"kernel{factor}")
            scores = F.conv_transpose2d(scores, kernel, stride=factor, groups=scores.shape[1])
            height, width = like.shape[2:]
            return scores[:, :, offset : offset + height, offset : offset + width]

        def forward(self, x):
            pools, features = [], x
            for stage in self.stages:
                features = stage(features)
                pools.append(features)
            score, score4, score3 = (s(f) for s, f in zip(self.scorers, [self.top(features), pools[3], pools[2]]))
            fuse4 = self.upsample(score, 2, 1, score4) + score4
            fuse3 = self.upsample(fuse4, 2, 1, score3) + score3
            return self.upsample(fuse3, 8, 4, x)

    class Session:
        def __init__(self, height, width, batch, classes):
            torch.manual_seed(1)
            torch.set_num_threads(os.cpu_count())
            self.net = Fcn8s(classes).train()
            self.image = torch.randn(batch, 3, height, width)
            self.labels = (torch.arange(batch * height * width) % classes).reshape(batch, height, width)
            weights = dict(self.net.named_parameters())
            groups = [
                {"params": [w for n, w in weights.items() if not n.endswith("bias")], "lr": 1e-3, "weight_decay": 5e-4},
                {"params": [w for n, w in weights.items() if n.endswith("bias")], "lr": 2e-3, "weight_decay": 0},
            ]
            self.optimiser = torch.optim.SGD(groups, lr=1e-3, momentum=0.9)
            self.parameters = sum(w.numel() for w in weights.values())
            self.versions = f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"

        def run(self, steps):
            started = time.perf_counter()
            for _ in range(steps):
                self.optimiser.zero_grad(set_to_none=True)
                loss = F.cross_entropy(self.net(self.image), self.labels, ignore_index=255)
                loss.backward()
                self.optimiser.step()
                value = loss.item()
            return (time.perf_counter() - started) * 1000, value

    return Session


session = None
for line in sys.stdin:
    message = json.loads(line)
    steps = message.pop("steps")
    try:
        session = session or load()(**message)
        if steps == 0:
            answer = {"peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "versions": session.versions}
        else:
            milliseconds, loss = session.run(steps)
            answer = {"milliseconds": milliseconds, "loss": loss, "parameters": session.parameters}
    except ImportError as error:
        answer = {"absent": str(error)}
    print(json.dumps(answer), flush=True)
