"""Writes packages/datasets/fixtures/nyud-mat-case.json: a small MATLAB 7.3 file in the layout of NYUDv2's labelled data.

Written by h5py: 512 bytes of text before the HDF5 part, axes reversed, names behind object references, gzip with and
without chunks of several images, and mappings by scipy.io.savemat. Needs numpy, scipy and h5py (versions written into
the fixture). Run from the repository root: python oracles/datasets/nyud_mat_fixtures.py
"""

import base64
import io
import json
import tempfile
from pathlib import Path

import h5py
import numpy
import scipy
import scipy.io

rng = numpy.random.default_rng(13)
N, H, W = 5, 6, 7
NAMES = ["book", "bottle", "cabinet", "ceiling", "chair", "fire extinguisher"]
CLASSES40 = ["wall", "floor", "objects", "books"]
MAP40 = [4, 3, 1, 2, 1, 3]
CLASSES13 = ["Books", "Structure"]
MAP13 = [2, 2, 1, 1]

images = rng.integers(0, 256, (N, H, W, 3), dtype=numpy.uint8)
labels = rng.integers(0, len(NAMES) + 1, (N, H, W)).astype(numpy.uint16)
instances = (rng.integers(1, 4, (N, H, W)) * (labels > 0)).astype(numpy.uint8)
depths = rng.uniform(0.7, 9.9, (N, H, W)).astype(numpy.float32)
raw = (depths * (rng.random((N, H, W)) > 0.3)).astype(numpy.float32)


def matlab_class(dataset, name):
    dataset.attrs["MATLAB_class"] = numpy.bytes_(name)


def reversed_axes(array):
    """MATLAB stores [H, W, (3,) N] with the first axis fastest; HDF5 then names the axes last to first."""
    matlab = numpy.moveaxis(array, 0, -1)
    return matlab.transpose(range(matlab.ndim)[::-1])


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "data.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, array, kind, chunk in [
            ("images", images, "uint8", (2, 3, 4, 5)),
            ("labels", labels, "uint16", (1, W, H)),
            ("instances", instances, "uint8", (3, 2, 2)),
            ("depths", depths, "single", (5, 1, H)),
            ("rawDepths", raw, "single", None),
        ]:
            options = {"chunks": chunk, "compression": "gzip", "compression_opts": 3} if chunk else {}
            matlab_class(file.create_dataset(name, data=reversed_axes(array), **options), kind)
        group = file.create_group("#refs#")
        references = numpy.empty((1, len(NAMES)), dtype=h5py.ref_dtype)
        for i, name in enumerate(NAMES):
            codes = numpy.array([[ord(c)] for c in name], dtype=numpy.uint16)
            target = group.create_dataset(chr(ord("a") + i), data=codes)
            matlab_class(target, "char")
            target.attrs["MATLAB_int_decode"] = numpy.int32(2)
            references[0, i] = target.ref
        matlab_class(file.create_dataset("names", data=references), "cell")
    content = bytearray(path.read_bytes())
text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Fri Jun  1 12:00:00 2012 HDF5 schema 1.00 ."
content[:124] = text.ljust(116) + bytes(8)
content[124:128] = b"\x00\x02IM"


def encode(data):
    return base64.b64encode(data).decode()


def saved(variables):
    out = io.BytesIO()
    scipy.io.savemat(out, variables, do_compression=True)
    return encode(out.getvalue())


def cells(texts):
    array = numpy.empty((1, len(texts)), dtype=object)
    array[0] = texts
    return array


fixture = {
    "madeBy": "oracles/datasets/nyud_mat_fixtures.py",
    "versions": {"h5py": h5py.__version__, "hdf5": h5py.version.hdf5_version, "scipy": scipy.__version__},
    "size": {"images": N, "height": H, "width": W},
    "names": {"all": NAMES, "40": CLASSES40, "13": CLASSES13},
    "files": {
        "nyu_depth_v2_labeled.mat": encode(bytes(content)),
        "splits.mat": saved(
            {
                "trainNdxs": numpy.array([[2], [3], [5]], dtype=numpy.uint16),
                "testNdxs": numpy.array([[1], [4]], dtype=numpy.uint16),
            }
        ),
        "classMapping40.mat": saved(
            {
                "allClassName": cells(NAMES),
                "className": cells(CLASSES40),
                "mapClass": numpy.array([MAP40], dtype=numpy.uint8),
            }
        ),
        "class13Mapping.mat": saved(
            {"classMapping13": {"labels13": numpy.array([MAP13], dtype=numpy.uint8), "classNames": cells(CLASSES13)}}
        ),
    },
    # Row-major values by image, and labels after both mappings (-1: void).
    "images": images.reshape(N, -1).tolist(),
    "labels": (labels.astype(int) - 1).reshape(N, -1).tolist(),
    "labels40": numpy.array([-1] + [m - 1 for m in MAP40])[labels].reshape(N, -1).tolist(),
    "labels13": numpy.array([-1] + [MAP13[m - 1] - 1 for m in MAP40])[labels].reshape(N, -1).tolist(),
    "instances": instances.reshape(N, -1).tolist(),
    "millimetres": numpy.round(depths.astype(float) * 1000).astype(int).reshape(N, -1).tolist(),
    "rawMillimetres": numpy.round(raw.astype(float) * 1000).astype(int).reshape(N, -1).tolist(),
}
path = Path("packages/datasets/fixtures/nyud-mat-case.json")
path.write_text(json.dumps(fixture, separators=(",", ":")))
print(path, path.stat().st_size, fixture["versions"])
