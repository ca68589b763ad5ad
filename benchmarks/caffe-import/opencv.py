"""Times OpenCV's readNetFromCaffe in a process of its own and prints seconds and peak memory as JSON.

    python3 opencv.py NET WEIGHTS
"""
import json
import resource
import sys
import time

import cv2

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
net = cv2.dnn.readNetFromCaffe(sys.argv[1], sys.argv[2])
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": seconds, "peakKilobytes": peak, "startKilobytes": before, "version": cv2.__version__}))
