"""Writes packages/datasets/fixtures/mat-cases.json: MATLAB 5 files made by SciPy, with what SciPy reads back from them.

Needs numpy and scipy (version written into the fixture). Run from the repository root: python oracles/datasets/mat_fixtures.py
"""

import base64
import io
import json
from pathlib import Path

import numpy
import scipy
import scipy.io
import scipy.sparse

rng = numpy.random.default_rng(11)


def described(value):
    """The value as the reader gives it: kind, shape and elements with the first axis fastest."""
    if scipy.sparse.issparse(value):
        value = value.tocsc()
        return {
            "kind": "sparse",
            "shape": list(value.shape),
            "rowIndices": value.indices.tolist(),
            "columnStarts": value.indptr.tolist(),
            "data": value.data.astype(float).tolist(),
        }
    if value.dtype.names:
        elements = [{name: described(record[name]) for name in value.dtype.names} for record in value.ravel(order="F")]
        return {"kind": "struct", "shape": list(value.shape), "elements": elements}
    if value.dtype == object:
        return {"kind": "cell", "shape": list(value.shape), "cells": [described(v) for v in value.ravel(order="F")]}
    if value.dtype.kind == "U":
        rows = [str(row).rstrip() for row in value.ravel()]
        return {"kind": "text", "rows": rows}
    return {"kind": "numeric", "shape": list(value.shape), "data": value.ravel(order="F").astype(float).tolist()}


segmentation = rng.integers(0, 21, (5, 7)).astype(numpy.uint8)
boundaries = numpy.empty((3, 1), dtype=object)
for i in range(3):
    boundaries[i, 0] = scipy.sparse.csc_matrix(rng.integers(0, 2, (5, 7)).astype(float))
sbd = {"GTcls": {"Boundaries": boundaries, "Segmentation": segmentation, "CategoriesPresent": numpy.array([[3], [15]], numpy.uint8)}}
names = numpy.empty((1, 3), dtype=object)
names[:] = ["wall", "floor mat", "tür"]
files = {
    "SBD class file": sbd,
    "SIFT Flow labels": {"S": rng.integers(0, 34, (6, 4)).astype(float), "names": names, "metaData": "LabelMe"},
    "SIFT Flow geometric labels": {"S": rng.choice([-1, 1, 2, 3], (6, 4)).astype(numpy.int16)},
    "NYUDv2 segmentation": {"segmentation": rng.integers(0, 41, (4, 9)).astype(numpy.uint16)},
    "every numeric class": {
        name: rng.integers(0, 100, (2, 3)).astype(name)
        for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")
    },
    "three axes, logical, empty": {
        "cube": rng.normal(size=(2, 3, 4)),
        "flags": rng.integers(0, 2, (2, 2)).astype(bool),
        "nothing": numpy.zeros((0, 3)),
        "lines": numpy.array(["short", "much longer"]),
    },
    "nested structs": {"a": {"b": {"c": numpy.arange(3.0)}, "list": [1.0, 2.0]}},
}


def case(name, variables, compressed):
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, variables, do_compression=compressed, oned_as="row")
    data = buffer.getvalue()
    read = scipy.io.loadmat(io.BytesIO(data))
    return {
        "name": f"{name}{', compressed' if compressed else ''}",
        "file": base64.b64encode(data).decode(),
        "variables": {key: described(value) for key, value in read.items() if not key.startswith("__")},
    }


cases = [case(name, variables, compressed) for name, variables in files.items() for compressed in (False, True)]
Path("packages/datasets/fixtures/mat-cases.json").write_text(
    json.dumps({"made by": f"mat_fixtures.py, scipy {scipy.__version__}", "cases": cases})
)
