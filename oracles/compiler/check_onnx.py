"""Checks an ONNX file that exportOnnx wrote: its form, its scores in ONNX Runtime and, at one size, in OpenCV.

    python oracles/compiler/check_onnx.py check FOLDER         (onnx and onnxruntime)
    /usr/bin/python3 oracles/compiler/check_onnx.py opencv FOLDER   (OpenCV with dnn)

FOLDER is what `node oracles/compiler/write-onnx.mjs FOLDER` wrote: cases.json names the files, their inputs and the scores
that TensorFlow.js gives. Prints a line per case, and ends with 1 where one differs by more than 1e-4 of its largest score.
"""
import json
import os
import sys

import numpy as np

largest_difference = 1e-4
mode, folder = sys.argv[1:]
failed = False


def array(name, shape):
    return np.fromfile(os.path.join(folder, name), np.float32).reshape(shape)


def report(what, actual, expected):
    global failed
    difference = np.abs(actual - expected).max() / np.abs(expected).max()
    failed |= not difference <= largest_difference
    print(f"{what}: {list(expected.shape)}, differs by {difference:.1e} of the largest score")


if mode == "check":
    import onnx
    import onnxruntime

    print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    for case in json.load(open(os.path.join(folder, "cases.json"))):
        path = os.path.join(folder, case["file"])
        onnx.checker.check_model(path, full_check=True)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        for run in case["runs"]:
            feeds = {case["input"]: array(run["image"], run["imageShape"])}
            (scores,) = session.run([case["output"]], feeds)
            report(f"{case['file']} is valid; ONNX Runtime at {run['imageShape'][1:3]}", scores, array(run["scores"], run["shape"]))
else:
    import cv2

    print(f"OpenCV {cv2.__version__}")
    for case in json.load(open(os.path.join(folder, "cases.json"))):
        if not case["opencv"]:
            continue
        net = cv2.dnn.readNetFromONNX(os.path.join(folder, case["file"]))
        for run in case["runs"]:
            net.setInput(array(run["image"], run["imageShape"]))
            report(f"{case['file']} in OpenCV", net.forward(), array(run["scores"], run["shape"]))
sys.exit(1 if failed else 0)
