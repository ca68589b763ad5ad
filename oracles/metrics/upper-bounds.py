"""Writes packages/metrics/src/fixtures/upper-bounds.json: numpy's confusion counts of truth against itself, coarsened.

Run: pip install numpy pillow && python oracles/metrics/upper-bounds.py FOLDER
FOLDER holds PASCAL VOC label PNGs (SegmentationClass of VOC 2007 here); their pixels are not stored, only counts.
"""
import json, pathlib, sys
import numpy as np
from PIL import Image, __version__ as pillow

CLASSES, IGNORE, FACTORS = 21, 255, (128, 64, 32, 16, 8, 4)


def coarsened(labels, factor):
    height, width = labels.shape
    rows, columns = -(-height // factor), -(-width // factor)
    counts = np.zeros((CLASSES, rows, columns), int)
    r, c = np.nonzero(labels != IGNORE)
    np.add.at(counts, (labels[r, c], r // factor, c // factor), 1)
    low = np.where(counts.sum(0) > 0, counts.argmax(0), IGNORE)
    return np.kron(low, np.ones((factor, factor), int))[:height, :width]


def confusion(maps, factor):
    table = np.zeros(CLASSES * CLASSES, int)
    for labels in maps:
        kept = labels != IGNORE
        table += np.bincount(labels[kept] * CLASSES + coarsened(labels, factor)[kept], minlength=CLASSES ** 2)
    return table.reshape(CLASSES, CLASSES)


def sparse(table):
    return [[int(t), int(p), int(table[t, p])] for t, p in zip(*np.nonzero(table))]


def mean_iu(table):
    hit = np.diag(table)
    union = table.sum(0) + table.sum(1) - hit
    return float(np.mean(hit[union > 0] / union[union > 0]))


# A map that the test draws too; label 21 of 23 becomes ignored, 22 becomes 0.
y, x = np.mgrid[0:53, 0:71]
drawn = (x // 6 * 7 + y // 5 * 3 + (x * y >> 7)) % 23
drawn = np.where(drawn == 21, IGNORE, np.where(drawn == 22, 0, drawn))

files = sorted(pathlib.Path(sys.argv[1]).glob("*.png"))
voc = [np.array(Image.open(file)).astype(int) for file in files]
out = pathlib.Path(__file__).parents[2] / "packages/metrics/src/fixtures/upper-bounds.json"
out.write_text(json.dumps({
    "madeBy": f"oracles/metrics/upper-bounds.py, numpy {np.__version__}, pillow {pillow}",
    "drawn": {str(f): sparse(confusion([drawn], f)) for f in (1, 4, 7, 16, 100)},
    "voc": {"files": [file.name for file in files],
            "meanIU": {str(f): mean_iu(confusion(voc, f)) for f in FACTORS},
            "counts": {str(f): sparse(confusion(voc, f)) for f in FACTORS}},
}) + "\n")
print({f: round(100 * mean_iu(confusion(voc, f)), 1) for f in FACTORS})
