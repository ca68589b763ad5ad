"""torchvision's box NMS on one thread: reads files of float32 [n, 5] (x0 y0 x1 y1 score), answers seconds and what is kept."""
import json, sys, time

try:
    import numpy, torch, torchvision
except ImportError as error:
    print(json.dumps({"absent": str(error)}), flush=True)
    sys.exit()
torch.set_num_threads(1)
print(json.dumps({"versions": {"torch": torch.__version__, "torchvision": torchvision.__version__}}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    table = torch.from_numpy(numpy.fromfile(request["file"], numpy.float32).reshape(-1, 5))
    start = time.perf_counter()
    kept = torchvision.ops.nms(table[:, :4], table[:, 4], request["maxIoU"])
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "kept": kept.tolist()}), flush=True)
