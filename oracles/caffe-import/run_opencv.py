"""Runs the nets that write-nets.ts wrote with OpenCV's dnn and samples their outputs.

    python3 run_opencv.py NETS_FOLDER > fixture.json

Made with Debian's python3-opencv 4.6.0. Of each output 64 evenly spaced values in Caffe's order (N, C, H, W) are kept.
"""
import json
import os
import sys

import cv2
import numpy as np

folder = sys.argv[1]
plan = json.load(open(os.path.join(folder, "cases.json")))
results = []


def run(case):
    root = os.path.join(folder, case["name"])
    runs = []
    for index, (height, width) in enumerate(case["sizes"]):
        # A fresh net for each size: OpenCV keeps the first shapes it has seen of some layers.
        net = cv2.dnn.readNetFromCaffe(root + "/net.prototxt", root + "/net.caffemodel")
        for name, channels in case["inputs"]:
            values = np.fromfile(f"{root}/{name}.{index}.f32", np.float32)
            net.setInput(values.reshape(1, channels, height, width), name)
        outputs = net.forward(case["outputs"])
        runs.append([
            {
                "shape": list(output.shape),
                "largest": float(np.abs(output).max()),
                "top": [int(i) for i in np.argsort(-output.ravel())[:5]],
                "values": [
                    float(f"{value:.7g}")
                    for value in output.ravel()[np.linspace(0, output.size - 1, 64).astype(int)]
                ],
            }
            for output in outputs
        ])
    return {"name": case["name"], "sizes": case["sizes"], "runs": runs}


for case in plan["cases"]:
    try:
        results.append(run(case))
    except cv2.error as error:
        print(f"left out: {case['name']}: {error}", file=sys.stderr)
json.dump({"opencv": cv2.__version__, "nets": results}, sys.stdout, separators=(",", ":"))
