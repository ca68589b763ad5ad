"""Writes packages/datasets/fixtures/{png,npy}-cases.json: files made by pypng, Pillow and NumPy with the values put in.

Needs: numpy 2.4.6, pillow 13.0.0, pypng 0.20220715.0. Run from the repository root: python oracles/datasets/png_npy_fixtures.py
"""

import base64
import io
import json
from pathlib import Path

import numpy
import PIL
import PIL.Image
import png

OUT = Path("packages/datasets/fixtures")
rng = numpy.random.default_rng(7)
HEIGHT, WIDTH = 7, 11


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def pypng_case(name, channels, bits, interlaced, palette=None, **options):
    values = rng.integers(0, min(2**bits, len(palette) if palette else 2**bits), (HEIGHT, WIDTH * channels))
    buffer = io.BytesIO()
    writer = png.Writer(WIDTH, HEIGHT, bitdepth=bits, palette=palette, interlace=interlaced, **options)
    writer.write(buffer, values.tolist())
    return {
        "name": f"{name} of {bits} bits{', interlaced' if interlaced else ''}",
        "file": encoded(buffer.getvalue()),
        "height": HEIGHT,
        "width": WIDTH,
        "channels": channels,
        "bits": bits,
        "values": values.ravel().tolist(),
    }


def pillow_case(name, image):
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    values = numpy.asarray(image)
    return {
        "name": f"{name} with filters chosen by Pillow",
        "file": encoded(buffer.getvalue()),
        "height": values.shape[0],
        "width": values.shape[1],
        "channels": 1 if values.ndim == 2 else values.shape[2],
        "bits": 16 if values.dtype.itemsize > 1 else 8,
        "values": values.ravel().tolist(),
    }


def smooth(channels):
    rows, columns = numpy.mgrid[0:24, 0:20]
    waves = [128 + 60 * numpy.sin(rows / (3 + c)) + 50 * numpy.cos(columns / (4 + c)) for c in range(channels)]
    return (numpy.stack(waves, -1) + rng.integers(-3, 4, (24, 20, channels))).clip(0, 255).astype(numpy.uint8)


cases = []
for interlaced in (False, True):
    for bits in (1, 2, 4, 8, 16):
        cases.append(pypng_case("grey", 1, bits, interlaced, greyscale=True))
    for bits in (1, 2, 4, 8):
        palette = [tuple(int(v) for v in rng.integers(0, 256, 3)) for _ in range(min(2**bits, 40))]
        cases.append(pypng_case("indexed", 1, bits, interlaced, palette=palette))
    for bits in (8, 16):
        cases.append(pypng_case("rgb", 3, bits, interlaced, greyscale=False))
        cases.append(pypng_case("grey-alpha", 2, bits, interlaced, greyscale=True, alpha=True))
        cases.append(pypng_case("rgba", 4, bits, interlaced, greyscale=False, alpha=True))
cases.append(pillow_case("rgb", PIL.Image.fromarray(smooth(3))))
cases.append(pillow_case("grey", PIL.Image.fromarray(smooth(1)[..., 0])))
(OUT / "png-cases.json").write_text(
    json.dumps({"made by": f"png_npy_fixtures.py, pypng {png.__version__}, pillow {PIL.__version__}", "cases": cases})
)


def npy_case(array):
    buffer = io.BytesIO()
    numpy.save(buffer, array)
    order = "Fortran" if numpy.isfortran(array) else "C"
    return {
        "name": f"{array.dtype.str} {array.shape} in {order} order",
        "file": encoded(buffer.getvalue()),
        "shape": array.shape,
        "values": array.ravel(order="C").tolist(),
    }


arrays = []
for dtype in ("|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<i8", "<u8", ">i4", ">u2"):
    low, high = (-100, 100) if "i" in dtype else (0, 200)
    arrays.append(rng.integers(low, high, (3, 4, 2)).astype(dtype))
arrays += [rng.normal(size=(3, 4, 2)).astype(dtype) for dtype in ("<f4", "<f8", ">f4", ">f8")]
arrays += [numpy.asfortranarray(rng.normal(size=(2, 3, 5)).astype("<f4"))]
arrays += [rng.integers(0, 2, (5,)).astype(bool), numpy.float64(2.5).reshape(()), numpy.zeros((0, 3), "<f4")]


def npz_case(name, save, arrays):
    buffer = io.BytesIO()
    save(buffer, **arrays)
    described = {key: {"shape": value.shape, "values": value.ravel().tolist()} for key, value in arrays.items()}
    return {"name": name, "file": encoded(buffer.getvalue()), "arrays": described}


archive = {"labels": rng.integers(0, 21, (4, 5)).astype(numpy.uint8), "scores": rng.normal(size=(2, 3)).astype(numpy.float32)}
archives = [npz_case("savez", numpy.savez, archive), npz_case("savez_compressed", numpy.savez_compressed, archive)]
(OUT / "npy-cases.json").write_text(
    json.dumps(
        {
            "made by": f"png_npy_fixtures.py, numpy {numpy.__version__}",
            "cases": [npy_case(a) for a in arrays],
            "npz": archives,
        }
    )
)
