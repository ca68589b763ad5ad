import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { File as H5File } from 'h5wasm/node'
import { encodeMat, matText } from '../mat/mat-encode.js'
import type { MatValue } from '../mat/mat-value.js'
import type { Scene } from '../synthetic/scene.js'
import { loadH5wasm } from './load-h5wasm.js'
import { nyudMatFile } from './nyud-mat.js'
import { depthOf } from './synthesize-nyud.js'
import { type SynthesizeOptions, writeScenes } from './write-scenes.js'

/**
 * Writes synthetic scenes as NYUDv2's original file: a MATLAB 7.3 file (512 bytes of text, then HDF5) with axes reversed
 * and names behind references, with `splits.mat` and mappings to "40" and "13" classes that are those of the scenes.
 *
 * Label i of the scenes is stored as i + 1, outlines as 0; depth is that of the prepared layout, in metres, and lacks the
 * outlines in `rawDepths`. All scenes are held in memory. Needs the optional peer h5wasm. Errors as `synthesizeVoc`, and
 * `hdf5/no-h5wasm`.
 */
export async function synthesizeNyudMat(root: string, options: SynthesizeOptions = {}): Promise<void> {
  const library = await loadH5wasm()
  const scenes: Scene[] = []
  await writeScenes(root, options, {
    name: 'nyud-mat',
    // Training scenes come first, then the others: image numbers from 1, and ids as the loader gives them.
    idOf: (split, index) => String(5001 + index + (split === 'train' ? 0 : (options.train ?? 400))),
    files: async ({ scene }) => {
      scenes.push(scene)
      return {}
    },
    lists: ({ train, val }, classes) => {
      const names = cells(classes)
      const own = numbers(classes.map((_, i) => i + 1))
      return {
        [nyudMatFile]: matlab73((path) => {
          const file = new library.File(path, 'w')
          writeArrays(file, scenes)
          writeNames(file, classes)
          file.close()
        }),
        'splits.mat': encodeMat({
          trainNdxs: numbers(
            train.map((_, i) => i + 1),
            'column',
          ),
          testNdxs: numbers(
            val.map((_, i) => train.length + i + 1),
            'column',
          ),
        }),
        'classMapping40.mat': encodeMat({ allClassName: names, className: names, mapClass: own }),
        'class13Mapping.mat': encodeMat({
          classMapping13: { kind: 'struct', shape: [1, 1], elements: [{ labels13: own, classNames: names }] },
        }),
      }
    },
  })
}

/** The library writes to a path; the text that makes it a MATLAB file is put before. */
function matlab73(write: (path: string) => void): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'nyud-mat-'))
  try {
    const path = join(folder, 'data.h5')
    write(path)
    const header = new Uint8Array(512)
    header.fill(0x20, 0, 116)
    header.set(new TextEncoder().encode('MATLAB 7.3 MAT-file, Platform: none, HDF5 schema 1.00 .'))
    header.set([0x00, 0x02, 0x49, 0x4d], 124)
    return Buffer.concat([header, readFileSync(path)])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeArrays(file: H5File, scenes: readonly Scene[]): void {
  const { height, width } = scenes[0]?.image ?? { height: 1, width: 1 }
  const pixels = height * width
  const images = new Uint8Array(scenes.length * 3 * pixels)
  const labels = new Uint16Array(scenes.length * pixels)
  const instances = new Uint8Array(scenes.length * pixels)
  const depths = new Float32Array(scenes.length * pixels)
  const rawDepths = new Float32Array(scenes.length * pixels)
  scenes.forEach((scene, n) => {
    const { data } = depthOf(scene)
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const from = row * width + column
        const at = n * pixels + column * height + row
        const label = scene.labels.labels[from]
        for (let c = 0; c < 3; c++) images[at + (2 * n + c) * pixels] = scene.image.data[3 * from + c]
        labels[at] = label === 255 ? 0 : label + 1
        instances[at] = label === 255 ? 0 : scene.instances.labels[from]
        depths[at] = data[from] / 1000
        rawDepths[at] = label === 255 ? 0 : depths[at]
      }
    }
  })
  const write = (name: string, data: Uint8Array | Uint16Array | Float32Array, matlabClass: string, axes: number[]) => {
    const dataset = file.create_dataset({
      name,
      data,
      shape: [scenes.length, ...axes, width, height],
      ...(data.length > 0 && { chunks: [1, ...axes, width, height], compression: 'gzip', compression_opts: [3] }),
    })
    dataset.create_attribute('MATLAB_class', matlabClass, null, `S${matlabClass.length}`)
  }
  write('images', images, 'uint8', [3])
  write('labels', labels, 'uint16', [])
  write('instances', instances, 'uint8', [])
  write('depths', depths, 'single', [])
  write('rawDepths', rawDepths, 'single', [])
}

/** A cell array: references to character codes in the group `#refs#`. */
function writeNames(file: H5File, names: readonly string[]): void {
  const group = file.create_group('#refs#')
  const references = names.map((name, i) => {
    const codes = Uint16Array.from(name, (character) => character.charCodeAt(0))
    const dataset = group.create_dataset({ name: `name${i}`, data: codes, shape: [name.length, 1] })
    dataset.create_attribute('MATLAB_class', 'char', null, 'S4')
    return dataset.create_reference()
  })
  const cell = file.create_dataset({ name: 'names', data: references, shape: [1, names.length] })
  cell.create_attribute('MATLAB_class', 'cell', null, 'S4')
}

function cells(texts: readonly string[]): MatValue {
  return { kind: 'cell', shape: [1, texts.length], cells: texts.map((text) => matText(text)) }
}

function numbers(values: readonly number[], as: 'row' | 'column' = 'row'): MatValue {
  const shape = as === 'row' ? [1, values.length] : [values.length, 1]
  return { kind: 'numeric', shape, data: Uint16Array.from(values) }
}
