import { Rng } from '@pixelwise/masks/shared'
import { type ImportOptions, importCaffe } from '../src/import-caffe.js'
import type { LayerToWrite } from './write-caffemodel.js'

/**
 * Random weights for a net: normal with variance 2 / fan-in, so that values keep their size through many layers; biases,
 * slopes and shifts uniform within ±0.1, scales as the net says. They depend only on the layers' names and shapes.
 */
export function randomWeights(options: ImportOptions): LayerToWrite[] {
  const { model, report } = importCaffe(options)
  model.dispose()
  return report.layers
    .filter(({ parameters }) => parameters.length > 0)
    .map(({ name, type, parameters }) => ({
      name,
      type,
      blobs: parameters.map(({ shape }, i) => ({ shape, values: valuesOf(name, type, shape, i) })),
    }))
}

function valuesOf(name: string, type: string, shape: readonly number[], index: number): Float32Array {
  const rng = new Rng(1).split(`${name}/${index}`)
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1))
  if (type === 'Scale' && index === 0) return values.fill(shape[0] > 256 ? 0.01 : 0.5)
  if (type === 'BatchNorm')
    return values.fill(index === 2 ? 2 : 1).map((value) => value + (index === 2 ? 0 : rng.uniform(0, 0.5)))
  if (shape.length < 2) return values.map(() => rng.uniform(-0.1, 0.1))
  const fanIn = type === 'Deconvolution' ? shape[0] : values.length / shape[0]
  const deviation = Math.sqrt(2 / fanIn)
  return values.map(() => rng.normal(0, deviation))
}
