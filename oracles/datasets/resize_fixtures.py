"""Writes packages/datasets/fixtures/resize-cases.json: float pictures resized by OpenCV, labels by Pillow.

OpenCV's INTER_LINEAR on float32 aligns pixel centres at half pixels and does not average when it shrinks; Pillow's NEAREST
takes the pixel under the new pixel's centre. Needs numpy, opencv-python-headless, pillow (versions are written into the
fixture). Run from the repository root: python oracles/datasets/resize_fixtures.py
"""

import json
from pathlib import Path

import cv2
import numpy
import PIL
import PIL.Image

rng = numpy.random.default_rng(3)
cases = []
for height, width, new_height, new_width in [(5, 7, 10, 14), (5, 7, 8, 3), (9, 6, 4, 5), (4, 4, 1, 9)]:
    image = rng.uniform(0, 255, (height, width, 3)).astype(numpy.float32)
    labels = rng.integers(0, 21, (height, width)).astype(numpy.uint8)
    resized = cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_LINEAR)
    nearest = numpy.asarray(PIL.Image.fromarray(labels).resize((new_width, new_height), PIL.Image.Resampling.NEAREST))
    cases.append(
        {
            "from": [height, width],
            "to": [new_height, new_width],
            "image": numpy.round(image.astype(float), 4).ravel().tolist(),
            "resized": numpy.round(resized.astype(float), 4).ravel().tolist(),
            "labels": labels.ravel().tolist(),
            "nearest": nearest.ravel().tolist(),
        }
    )
Path("packages/datasets/fixtures/resize-cases.json").write_text(
    json.dumps({"made by": f"resize_fixtures.py, opencv {cv2.__version__}, pillow {PIL.__version__}", "cases": cases})
)
