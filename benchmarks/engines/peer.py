"""One of the peers of benchmarks/engines.mjs: answers every line on stdin with the milliseconds of one run.

    python3 peer.py torch|train|export|opencv '{"trunk": "vgg16", "stride": 8, "crops": [5, 9, 31], "size": [500, 500], "file": "x.onnx"}'
"""
import json
import resource
import sys
import time

kind, net = sys.argv[1], json.loads(sys.argv[2])
height, width = net["size"]


def answer(**report):
    print(json.dumps(report), flush=True)


def serve(run, **about):
    first = timed(run)
    answer(ready=True, first=first, **about)
    for _ in sys.stdin:
        answer(ms=timed(run), peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def timed(run):
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


if kind == "opencv":
    import cv2
    import numpy as np

    model = cv2.dnn.readNetFromONNX(net["file"])
    image = np.random.RandomState(1).uniform(-100, 100, (1, 3, height, width)).astype(np.float32)

    def run():
        model.setInput(image)
        model.forward()

    serve(run, version=cv2.__version__, threads=cv2.getNumThreads())
else:
    import os

    import torch

    from nets import build

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    model = build(net)
    image = torch.empty(1, 3, height, width).uniform_(-100, 100)
    about = {"version": torch.__version__, "threads": torch.get_num_threads()}
    if kind == "export":
        model.eval()
        torch.onnx.export(model, image, net["file"], opset_version=13, input_names=["image"])
        answer(ready=True, **about)
    elif kind == "torch":
        model.eval()

        def run():
            with torch.no_grad():
                model(image)

        serve(run, **about)
    else:
        model.train()
        labels = (torch.arange(height * width) % 21).reshape(1, height, width)
        solver = torch.optim.SGD(model.parameters(), lr=1e-10, momentum=0.9, weight_decay=0.0005)

        def run():
            solver.zero_grad()
            torch.nn.functional.cross_entropy(model(image), labels).backward()
            solver.step()

        serve(run, **about)
