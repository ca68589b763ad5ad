"""The same net, data and recipe in PyTorch: python3 baseline.py FOLDER [--compare].

Reads what prepare.mjs wrote into FOLDER (shared.json, start.npz, order-*.npy, camvid-*.npz) and writes per stage
torch-Ns.json (losses, times, scores), torch-Ns.npz (weights) and torch-Ns-labels.npy (the label maps of val).
A stage whose files are there is not run again.
"""

import argparse
import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Fire(nn.Module):
    def __init__(self, inputs, squeezed):
        super().__init__()
        self.squeeze1x1 = nn.Conv2d(inputs, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, 4 * squeezed, 1)
        self.expand3x3 = nn.Conv2d(squeezed, 4 * squeezed, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze1x1(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


class SqueezeFcn(nn.Module):
    """SqueezeNet 1.0 (Iandola et al. 2016) with the heads of Long, Shelhamer and Darrell 2015."""

    taps = {16: 512, 8: 512, 4: 256}

    def __init__(self, stride, classes, pad, dropout, scales, head):
        super().__init__()
        self.head, self.classes, self.rate, self.scales = head, classes, dropout, scales
        self.conv1 = nn.Conv2d(3, 96, 7, stride=2, padding=pad)
        inputs = 96
        for i in range(2, 10):
            squeezed = 16 * (i // 2)
            setattr(self, f"fire{i}", Fire(inputs, squeezed))
            inputs = 8 * squeezed
        self.score_fr = nn.Conv2d(512, classes, 1)
        self.skips = []
        for name, tap in (("fire8", 8), ("fire4", 4)):
            if stride <= tap:
                setattr(self, f"score_{name}", nn.Conv2d(self.taps[tap], classes, 1))
                self.skips.append(name)
        for scorer in (m for n, m in self.named_children() if n.startswith("score")):
            nn.init.zeros_(scorer.weight)
            nn.init.zeros_(scorer.bias)

    def forward(self, image):
        features, x = {}, F.relu(self.conv1(image))
        for i in range(2, 10):
            if i in (2, 5, 9):  # Caffe's pooling rounds its size up
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            x = features[f"fire{i}"] = getattr(self, f"fire{i}")(x)
        scores = self.score_fr(F.dropout(x, self.rate, self.training))
        for name, scale, step in zip(self.skips, self.scales, self.head):
            skip = getattr(self, f"score_{name}")(scale * features[name])
            scores = skip + self.enlarge(scores, step, skip.shape[2:])
        return self.enlarge(scores, self.head[-1], image.shape[2:])

    def enlarge(self, scores, step, size):
        kernel = bilinear(step["kernel"]).expand(self.classes, 1, -1, -1)
        large = F.conv_transpose2d(scores, kernel, stride=step["factor"], groups=self.classes)
        top, left = step["offset"]
        return large[:, :, top : top + size[0], left : left + size[1]]


def bilinear(size):
    """upsample_filt of the reference code's surgery.py."""
    factor = (size + 1) // 2
    center = factor - 1 if size % 2 == 1 else factor - 0.5
    rows, columns = np.ogrid[:size, :size]
    weights = (1 - abs(rows - center) / factor) * (1 - abs(columns - center) / factor)
    return torch.from_numpy(weights.astype(np.float32))[None, None]


def load(net, file):
    """Takes the weights of a file by name; scorers that the file lacks stay zero."""
    stored = np.load(file)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            layer, kind = name.rsplit(".", 1)
            key = layer.replace(".", "/") + ("/kernel" if kind == "weight" else "/bias")
            if key in stored:
                values = stored[key]
                parameter.copy_(torch.from_numpy(values.transpose(3, 2, 0, 1) if values.ndim == 4 else values))
            elif not key.startswith("score_fire"):
                sys.exit(f"{file} has no {key}")


def save(net, file):
    arrays = {}
    for name, parameter in net.named_parameters():
        layer, kind = name.rsplit(".", 1)
        values = parameter.detach().numpy()
        key = layer.replace(".", "/") + ("/kernel" if kind == "weight" else "/bias")
        arrays[key] = values.transpose(2, 3, 1, 0) if values.ndim == 4 else values
    np.savez(file, **arrays)


def four_scores(counts):
    """pixel accuracy, mean accuracy, mean IU, frequency weighted IU: score.py of the reference code."""
    hits, truth, said = np.diag(counts), counts.sum(1), counts.sum(0)
    with np.errstate(invalid="ignore"):
        accuracy, iu = hits / truth, hits / (truth + said - hits)
    share = truth / counts.sum()
    return {
        "pixelAccuracy": float(hits.sum() / counts.sum()),
        "meanAccuracy": float(np.nanmean(accuracy)),
        "meanIU": float(np.nanmean(iu)),
        "frequencyWeightedIU": float((share[share > 0] * iu[share > 0]).sum()),
    }


def set_rate(solver, rate):
    """Sets the rate as Caffe does, whose momentum holds rate times gradient: what was gathered keeps its size.

    PyTorch gathers gradients and multiplies by the rate of the moment, so what it gathered is rescaled.
    """
    for group in solver.param_groups:
        before, group["lr"] = group["lr"], rate * group["times"]
        for parameter in group["params"]:
            gathered = solver.state[parameter].get("momentum_buffer")
            if gathered is not None and before != group["lr"]:
                gathered.mul_(before / group["lr"])


class Run:
    def __init__(self, folder, compares):
        self.folder, self.compares = folder, compares
        with open(self.path("shared.json")) as file:
            self.settings = json.load(file)
        data = np.load(self.settings["data"])
        self.images = {split: data[f"{split}_images"] for split in ("train", "val")}
        self.labels = {split: data[f"{split}_labels"].astype(np.int64) for split in ("train", "val")}
        self.mean = np.array(self.settings["meanBgr"], np.float32)

    def path(self, name):
        return os.path.join(self.folder, name)

    def image(self, split, i):
        bgr = self.images[split][i][:, :, ::-1].astype(np.float32) - self.mean
        return torch.from_numpy(bgr.transpose(2, 0, 1)[None].copy())

    def evaluate(self, net):
        net.eval()
        classes = self.settings["classes"]
        counts, maps = np.zeros((classes, classes)), []
        with torch.no_grad():
            for i, truth in enumerate(self.labels["val"]):
                labels = net(self.image("val", i))[0].argmax(0).numpy()
                valid = truth < classes
                counts += np.bincount(classes * truth[valid] + labels[valid], minlength=classes**2).reshape(counts.shape)
                maps.append(labels.astype(np.uint8))
        net.train()
        return four_scores(counts), np.stack(maps)

    def stage(self, stage, start):
        torch.manual_seed(self.settings["seed"])
        settings, stride = self.settings, stage["stride"]
        net = SqueezeFcn(
            stride, settings["classes"], settings["pad"], settings["dropout"], settings["skipScales"], stage["head"]
        )
        load(net, start)
        decay = settings["weightDecay"]
        weights = [p for n, p in net.named_parameters() if n.endswith("weight")]
        biases = [p for n, p in net.named_parameters() if n.endswith("bias")]
        solver = torch.optim.SGD(
            [{"params": weights, "weight_decay": decay, "times": 1}, {"params": biases, "times": 2}],
            lr=stage["learningRate"],
            momentum=settings["momentum"],
        )
        order = np.load(self.path(f"order-{stride}s.npy"))
        step_size = stage["stepSize"]
        if self.compares:
            order, step_size = order[: settings["comparison"]["steps"]], settings["comparison"]["stepSize"]
        net.train()
        losses, seconds, evaluations, maps = [], 0.0, [], None
        for step, index in enumerate(order, 1):
            truth = torch.from_numpy(self.labels["train"][index][None])
            began = time.perf_counter()
            set_rate(solver, stage["learningRate"] * settings["gamma"] ** ((step - 1) // step_size))
            scores = net(self.image("train", index))
            loss = F.cross_entropy(scores, truth, ignore_index=settings["ignoreLabel"], reduction="sum")
            solver.zero_grad()
            loss.backward()
            solver.step()
            losses.append(loss.item())
            seconds += time.perf_counter() - began
            if not np.isfinite(losses[-1]):
                sys.exit(f"step {step}: the loss is {losses[-1]}")
            if not self.compares and (step % settings["evaluateEvery"] == 0 or step == len(order)):
                scores, maps = self.evaluate(net)
                evaluations.append({"step": step, **scores})
                print(f"torch seed {settings['seed']} {stride}s step {step} {np.mean(losses[-100:]):.0f} mean IU {scores['meanIU']:.4f} "
                      f"{1000 * seconds / step:.0f} ms a step", file=sys.stderr, flush=True)
        return net, maps, {"stride": stride, "losses": losses, "trainingSeconds": seconds, "evaluations": evaluations,
                           "framework": f"PyTorch {torch.__version__}", "threads": torch.get_num_threads()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument(
        "--compare", action="store_true", help="only the first steps of every stage, from the first weights, without dropout"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    run = Run(options.folder, options.compare)
    start = run.path("start.npz")
    if options.compare:
        run.settings["dropout"] = 0
        for stage in run.settings["stages"]:
            name = run.path(f"torch-{stage['stride']}s-first.json")
            if not os.path.exists(name):
                write(name, run.stage(stage, start)[2])
        return
    for stage in run.settings["stages"]:
        name = f"torch-{stage['stride']}s"
        if not os.path.exists(run.path(f"{name}.json")):
            net, maps, result = run.stage(stage, start)
            save(net, run.path(f"{name}.npz"))
            np.save(run.path(f"{name}-labels.npy"), maps)
            write(run.path(f"{name}.json"), result)
        start = run.path(f"{name}.npz")


def write(path, value):
    with open(path + ".partial", "w") as file:
        json.dump(value, file)
    os.replace(path + ".partial", path)


if __name__ == "__main__":
    main()
