"""Writes packages/pairwise-regions/src/nms/fixtures/box-nms.json: what torchvision's box NMS keeps.

Run: python3 oracles/pairwise-regions/box_nms.py (numpy, torch and torchvision)
Boxes have whole corners, and the limits are exact in float32, so that ties are the same in float64; scores are all different.
"""
import json, pathlib
import numpy as np
import torch, torchvision

rng = np.random.RandomState(0)
cases = []
for count, size, overlap in ((1, 9, 0.5), (40, 30, 0.0), (60, 40, 0.25), (80, 60, 0.5), (100, 40, 0.75), (60, 20, 0.875)):
    corners = np.sort(rng.randint(0, size, (count, 2, 2)), axis=1)
    corners[:, 1] += 1
    boxes = corners.reshape(count, 4)  # x0 y0 x1 y1
    scores = rng.permutation(count) / count
    kept = torchvision.ops.nms(torch.tensor(boxes).float(), torch.tensor(scores).float(), overlap)
    cases.append({"overlap": overlap, "boxes": boxes.tolist(), "scores": scores.tolist(), "kept": kept.tolist()})

made = f"oracles/pairwise-regions/box_nms.py with torchvision {torchvision.__version__}"
out = pathlib.Path(__file__).parents[2] / "packages/pairwise-regions/src/nms/fixtures/box-nms.json"
out.write_text(json.dumps({"made by": made, "cases": cases}, separators=(",", ":")) + "\n")
