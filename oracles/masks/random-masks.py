"""Writes packages/masks/src/fixtures/random-masks.json: 11,000 random polygon and IoU cases as the COCO API answers them.

Run: pip install pycocotools==2.0.11 numpy && python oracles/masks/random-masks.py

The cases themselves are not stored: both sides draw them from the generator below. Results are condensed, by groups
of 100 cases, into checksums, so that a failing test still tells the group; the first cases are also stored in full.
"""
import hashlib, json, math, pathlib
from importlib.metadata import version
import numpy as np
from pycocotools import mask as coco


class Draw:
    """xorshift32; the test repeats it."""
    def __init__(self, seed):
        self.state = seed

    def uint32(self):
        x = self.state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self.state = x
        return x

    def below(self, count):
        return self.uint32() % count


def polygon(draw):
    """An image of up to 80×80 and an outline of 3 to 12 corners: whole, fifths, tenths, quarters or 1/1024ths of a pixel, partly outside, corners sometimes repeated."""
    height, width = 1 + draw.below(80), 1 + draw.below(80)
    unit = (1, 5, 10, 4, 1024)[draw.below(5)]
    margin = (0, 20)[draw.below(2)]
    corners = []
    for _ in range(3 + draw.below(10)):
        if corners and draw.below(8) == 0:
            corners.append(corners[draw.below(len(corners))])
        else:
            corners.append([draw.below((extent + 2 * margin) * unit + 1) / unit - margin for extent in (width, height)])
    return height, width, [coordinate for corner in corners for coordinate in corner]


def rle(outline, height, width):
    return coco.merge(coco.frPyObjects([outline], height, width))


def digest(lines):
    return hashlib.sha1("\n".join(lines).encode()).hexdigest()[:12]


def iou(detection, truth, crowd):
    return float(np.asarray(coco.iou([detection], [truth], [crowd])).reshape(-1)[0])


def text(mask):
    return mask["counts"].decode()


groups, first = [], []
draw = Draw(20140501)
for group in range(110):
    masks, ious, merged, boxes = [], [], [], []
    for case in range(100):
        height, width, outline = polygon(draw)
        a = rle(outline, height, width)
        other = [draw.below(1024) / 1024 * extent for _ in range(4) for extent in (width, height)]
        b = rle(other, height, width)
        crowd = draw.below(2)
        overlap = iou(a, b, crowd)
        union, both = coco.merge([a, b]), coco.merge([a, b], intersect=True)
        box = [int(v) for v in coco.toBbox(a)] + [int(coco.area(a))]
        masks.append(text(a) + "|" + text(b))
        ious.append(np.float64(overlap).tobytes().hex())
        merged.append(text(union) + "|" + text(both))
        boxes.append(",".join(map(str, box)))
        if group == 0 and case < 20:
            first.append({"size": [height, width], "outline": outline, "other": other, "crowd": bool(crowd),
                          "a": text(a), "b": text(b), "iou": overlap,
                          "union": text(union), "intersection": text(both), "box": box})
    groups.append([digest(masks), digest(ious), digest(merged), digest(boxes)])

# 10,000 × 10,000: 100 MB as a bitmap, a few kilobytes as runs.
size = 10000
stars = [[float(round(size * (0.5 + shift + radius * f(2 * math.pi * k * step / 11)), 2)) for k in range(11) for f in (math.cos, math.sin)]
         for shift, radius, step in ((-0.05, 0.42, 5), (0.05, 0.4, 3))]
a, b = (rle(star, size, size) for star in stars)
parts = coco.merge(coco.frPyObjects([[10.5, 20, 3000, 40, 200, 9000.25], [5000, 5000, 9999, 5100, 7000, 12000]], size, size))
large = {
    "outlines": stars, "areas": [int(coco.area(a)), int(coco.area(b))], "boxes": [coco.toBbox(a).tolist(), coco.toBbox(b).tolist()],
    "counts": [digest([text(a)]), digest([text(b)])], "iou": iou(a, b, 0), "crowdIou": iou(a, b, 1),
    "union": digest([text(coco.merge([a, b]))]), "intersection": digest([text(coco.merge([a, b], intersect=True))]),
    "parts": digest([text(parts)]), "partsArea": int(coco.area(parts)),
}

rectangles = [{"box": box, "counts": text(coco.frPyObjects(np.array([box], dtype=np.float64), 60, 70)[0])}
              for box in ([1, 2, 3, 4], [0, 0, 70, 60], [-5.5, 3.2, 20.7, 90], [10.1, 10.1, 0.3, 0.3], [30.5, 12.25, 9.75, 1.5])]

noise = []
for case in range(40):
    height, width = 1 + draw.below(40), 1 + draw.below(40)
    density = draw.below(256)
    bitmap = np.array([[draw.below(256) < density for _ in range(width)] for _ in range(height)], dtype=np.uint8)
    noise.append({"size": [height, width], "density": density,
                  "counts": text(coco.encode(np.asfortranarray(bitmap)))})

out = pathlib.Path(__file__).parents[2] / "packages/masks/src/fixtures/random-masks.json"
out.write_text(json.dumps({
    "madeBy": f"oracles/masks/random-masks.py, pycocotools {version('pycocotools')}, numpy {np.__version__}",
    "groups": groups, "first": first, "large": large, "rectangles": rectangles, "noise": noise,
}) + "\n")
