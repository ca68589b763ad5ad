"""Writes packages/metrics/src/fixtures/coco-evaluation.json: random detections and how the COCO API scores them.

Run: pip install pycocotools==2.0.11 numpy && python oracles/metrics/coco-evaluation.py
"""
import contextlib, copy, hashlib, io, json, pathlib, random
from importlib.metadata import version
import numpy as np
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

random.seed(17)
SIZE = (200, 240)


def blob(cx, cy, radius, corners=7):
    return [round(v, 1) for k in range(corners) for v in (
        cx + radius * random.uniform(.7, 1.2) * np.cos(6.283 * k / corners),
        cy + radius * random.uniform(.7, 1.2) * np.sin(6.283 * k / corners))]


images = [{"id": 100 - 3 * i, "height": SIZE[0], "width": SIZE[1]} for i in range(14)]
categories = [{"id": c, "name": str(c)} for c in (7, 3, 12, 5)]
annotations, results = [], []
for image in images[:-1]:
    for _ in range(random.randint(0, 7)):
        category = random.choice((3, 5, 7))
        cx, cy, radius = random.uniform(0, SIZE[1]), random.uniform(0, SIZE[0]), random.choice((8, 14, 30, 80))
        outlines = [blob(cx, cy, radius)] + ([blob(cx + 20, cy, radius / 2)] if random.random() < .3 else [])
        mask = rle.merge(rle.frPyObjects(outlines, *SIZE))
        area = int(rle.area(mask))
        if area == 0:
            continue
        crowd = int(random.random() < .15)
        segmentation = outlines
        if crowd:
            bitmap = rle.decode(mask).flatten(order="F")
            edges = np.flatnonzero(np.diff(bitmap)) + 1
            runs = np.diff(np.concatenate([[0], edges, [bitmap.size]])).tolist()
            segmentation = {"size": list(SIZE), "counts": ([0] if bitmap[0] else []) + runs}
        annotations.append({"id": len(annotations) + 1, "image_id": image["id"], "category_id": category, "area": area,
                            "iscrowd": crowd, "bbox": rle.toBbox(mask).tolist(), "segmentation": segmentation})
        for _ in range(random.randint(0, 3)):  # detections near it, some of another class, scores with ties
            near = blob(cx + random.gauss(0, radius / 8), cy + random.gauss(0, radius / 8), radius * random.uniform(.85, 1.1))
            found = rle.merge(rle.frPyObjects([near], *SIZE))
            if rle.area(found) == 0:
                continue
            results.append({"image_id": image["id"], "category_id": category if random.random() < .85 else random.choice((3, 5, 7)),
                            "score": round(random.random(), 1), "segmentation": {"size": list(SIZE), "counts": found["counts"].decode()}})
for _ in range(25):  # detections of nothing
    found = rle.merge(rle.frPyObjects([blob(random.uniform(0, SIZE[1]), random.uniform(0, SIZE[0]), random.choice((6, 25, 50)))], *SIZE))
    results.append({"image_id": random.choice(images)["id"], "category_id": random.choice((3, 5, 7)), "score": round(random.random(), 1),
                    "segmentation": {"size": list(SIZE), "counts": found["counts"].decode()}})
boxes = [{**{k: r[k] for k in ("image_id", "category_id", "score")},
          "bbox": [round(v + random.gauss(0, 2), 2) for v in rle.toBbox(r["segmentation"]).tolist()]} for r in results]
for box in boxes:
    box["bbox"][2:] = [max(1, v) for v in box["bbox"][2:]]


def evaluate(found, kind, use_cats, max_dets):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = copy.deepcopy({"images": images, "categories": categories, "annotations": annotations, "info": {}})
        truth.createIndex()
        e = COCOeval(truth, truth.loadRes(copy.deepcopy(found)), kind)
        e.params.useCats, e.params.maxDets = use_cats, max_dets
        e.evaluate()
        e.accumulate()
        if max_dets == [1, 10, 100]:
            e.summarize()
    precision, recall = e.eval["precision"], e.eval["recall"]
    digest = hashlib.sha1(np.ascontiguousarray(precision).tobytes()).hexdigest()[:12]
    return {"stats": e.stats.tolist() if len(e.stats) else None, "recall": recall.tolist(), "precision": digest,
            "meanPrecision": float(np.mean(precision[precision > -1]))}


expected = {
    "mask": evaluate(results, "segm", 1, [1, 10, 100]),
    "box": evaluate(boxes, "bbox", 1, [1, 10, 100]),
    "maskAgnostic": evaluate(results, "segm", 0, [1, 2, 5]),
    "boxAgnostic": evaluate(boxes, "bbox", 0, [10, 100, 1000]),
    "boxesOfMasks": evaluate(results, "bbox", 1, [1, 10, 100]),
}
out = pathlib.Path(__file__).parents[2] / "packages/metrics/src/fixtures/coco-evaluation.json"
out.write_text(json.dumps({
    "madeBy": f"oracles/metrics/coco-evaluation.py, pycocotools {version('pycocotools')}, numpy {np.__version__}",
    "instances": {"images": images, "categories": categories, "annotations": annotations}, "results": results, "boxes": boxes,
    "expected": expected,
}) + "\n")
print(len(annotations), len(results), {k: v["stats"] for k, v in expected.items()})
