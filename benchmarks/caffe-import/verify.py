"""Runs the benchmark's FCN-8s with OpenCV on a random 64×64 image: image.f32 and score.f32 in FOLDER, for verify.mjs."""
import sys

import cv2
import numpy as np

folder = sys.argv[1]
image = np.random.default_rng(2).uniform(-100, 100, (1, 3, 64, 64)).astype(np.float32)
net = cv2.dnn.readNetFromCaffe(f"{folder}/net.prototxt", f"{folder}/net.caffemodel")
net.setInput(image)
image.tofile(f"{folder}/image.f32")
net.forward("score").tofile(f"{folder}/score.f32")
