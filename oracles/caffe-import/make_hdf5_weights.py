"""Writes weights as Caffe's ToHDF5 lays them out: data/LAYER/0, data/LAYER/1, contiguous float32.

    python3 oracles/caffe-import/make_hdf5_weights.py packages/caffe-import/src/fixtures/weights.caffemodel.h5

Made with h5py 3.7.0 (HDF5 1.10.8), Debian 12.
"""
import sys

import h5py
import numpy

rng = numpy.random.RandomState(1)
with h5py.File(sys.argv[1], "w") as file:
    data = file.create_group("data")
    for name, shape in [("conv1", (4, 3, 3, 3)), ("conv2", (6, 4, 1, 1)), ("ip", (2, 6))]:
        layer = data.create_group(name)
        layer.create_dataset("0", data=rng.randn(*shape).astype("float32"))
        layer.create_dataset("1", data=numpy.arange(shape[0], dtype="float32"))
    data.create_group("relu1")
