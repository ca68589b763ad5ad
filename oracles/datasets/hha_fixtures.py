"""Writes packages/datasets/fixtures/hha-cases.json: HHA pictures of small depth maps, straight from the definition.

Planes are fitted by numpy.linalg.lstsq in every window by itself, and gravity by numpy.linalg.eigh.
Needs numpy (version written into the fixture). Run from the repository root: python oracles/datasets/hha_fixtures.py
"""

import base64
import json
from pathlib import Path

import numpy

rng = numpy.random.default_rng(5)
CAMERA = {"focalX": 48.9, "focalY": 49.1, "centreX": 28.4, "centreY": 20.7}


def cloud(depth, camera):
    rows, columns = numpy.mgrid[1 : depth.shape[0] + 1, 1 : depth.shape[1] + 1].astype(float)
    x = (columns - camera["centreX"]) * depth / camera["focalX"]
    y = (rows - camera["centreY"]) * depth / camera["focalY"]
    return numpy.stack([x, y, depth], axis=-1)


def normals(points, missing, radius):
    height, width = missing.shape
    result = numpy.full(points.shape, numpy.nan)
    for row in range(height):
        for column in range(width):
            window = (
                slice(max(0, row - radius), row + radius + 1),
                slice(max(0, column - radius), column + radius + 1),
            )
            near = points[window][~missing[window]]
            if len(near) < 3:
                continue
            scaled = near / near[:, 2:]
            normal, _, rank, _ = numpy.linalg.lstsq(scaled, 1 / near[:, 2], rcond=1e-9)
            if rank < 3:
                continue
            normal = normal / numpy.linalg.norm(normal)
            normal *= 1 if normal[2] >= 0 else -1
            normal *= 1 if normal @ points[row, column] >= 0 else -1
            result[row, column] = normal
    return result


def gravity(all_normals):
    flat = all_normals.reshape(-1, 3)
    flat = flat[~numpy.isnan(flat).any(axis=1)]
    down = numpy.array([0.0, 1.0, 0.0])
    for degrees in [45] * 5 + [15] * 5:
        along = numpy.abs(flat @ down)
        level = flat[along > numpy.cos(numpy.radians(degrees))]
        upright = flat[along < numpy.sin(numpy.radians(degrees))]
        _, vectors = numpy.linalg.eigh(upright.T @ upright - level.T @ level)
        down = vectors[:, 0] * (1 if vectors[:, 0] @ down >= 0 else -1)
    return down


def rotation(down):
    start = numpy.array([0.0, 1.0, 0.0])
    angle = numpy.arccos(numpy.clip(start @ down, -1, 1))
    if numpy.degrees(angle) <= 0.1:
        return numpy.eye(3)
    axis = numpy.cross(start, down)
    axis = axis / numpy.linalg.norm(axis)
    cross = numpy.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return numpy.eye(3) + numpy.sin(angle) * cross + (1 - numpy.cos(angle)) * cross @ cross


def hha(millimetres, raw, camera):
    depth = millimetres.astype(float) / 10
    points = cloud(depth, camera)
    missing = (raw == 0) | (millimetres == 0)
    down = gravity(normals(points, missing, 10))
    height = -(points.reshape(-1, 3) @ rotation(down))[:, 1].reshape(depth.shape)
    ground = height.min()
    if ground > -90:
        ground = -130
    angle = numpy.degrees(numpy.arccos(numpy.clip(normals(points, missing, 3) @ down, -1, 1)))
    angle[numpy.isnan(angle)] = 180
    channels = [31000 / numpy.maximum(depth, 100), height - ground, angle + 38]
    exact = numpy.stack(channels, axis=-1)
    rounded = numpy.clip(numpy.floor(exact + 0.5), 0, 255).astype(numpy.uint8)
    return rounded, down, exact


def room(tilt, eye):
    """Millimetres of depth in a box of a room, seen from the height `eye` by a camera that looks down by `tilt` degrees."""
    rows, columns = numpy.mgrid[1:41, 1:57].astype(float)
    x = (columns - CAMERA["centreX"]) / CAMERA["focalX"]
    y = (rows - CAMERA["centreY"]) / CAMERA["focalY"]
    turn = numpy.radians(tilt)
    down = y * numpy.cos(turn) + numpy.sin(turn)
    ahead = -y * numpy.sin(turn) + numpy.cos(turn)
    with numpy.errstate(divide="ignore"):
        walls = [
            numpy.where(down > 0, eye / down, numpy.inf),
            numpy.where(down < 0, -1.1 / down, numpy.inf),
            numpy.where(ahead > 0, 4.2 / ahead, numpy.inf),
            numpy.where(x > 0, 2.9 / x, numpy.inf),
        ]
    metres = numpy.min(walls, axis=0) + rng.normal(0, 0.004, rows.shape)
    depth = numpy.round(1000 * metres).astype(int)
    halves = (620000 % depth == 0) & (620000 // depth % 2 == 1)  # a disparity of exactly k + 1/2
    return (depth + halves).astype(numpy.uint16)


def case(name, tilt, eye, holes):
    depth = room(tilt, eye)
    raw = numpy.where(rng.random(depth.shape) < holes, 0, depth).astype(numpy.uint16)
    if holes > 0:
        raw[5:14, 20:31] = 0
        raw[9, 22:28] = depth[9, 22:28]
    picture, down, exact = hha(depth, raw, CAMERA)
    # Values so near a rounding boundary that the last bits decide would test the machine, not the definition.
    assert numpy.abs(exact - numpy.floor(exact) - 0.5).min() > 1e-9
    encode = lambda array: base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()
    return {
        "name": name,
        "camera": CAMERA,
        "height": depth.shape[0],
        "width": depth.shape[1],
        "depth": encode(depth.astype("<u2")),
        "raw": encode(raw.astype("<u2")),
        "gravity": down.tolist(),
        "hha": encode(picture),
    }


cases = [
    case("level camera near the ground", 0.0, 0.6, 0.0),
    case("camera looking down 12 degrees", 12.0, 1.6, 0.0),
    case("camera looking up 7 degrees, holes in the raw depth", -7.0, 1.3, 0.15),
]
fixture = {
    "madeBy": "oracles/datasets/hha_fixtures.py",
    "versions": {"numpy": numpy.__version__},
    "cases": cases,
}
path = Path("packages/datasets/fixtures/hha-cases.json")
path.write_text(json.dumps(fixture, separators=(",", ":")))
print(path, path.stat().st_size, [c["gravity"] for c in cases])
