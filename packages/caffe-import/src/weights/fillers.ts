import { PixelwiseError, Rng } from '@pixelwise/masks/shared'
import { shortName } from '../names.js'
import type { Message } from '../prototxt/message.js'

/** A parameter without stored values. */
export interface FillerRequest {
  /** Names the parameter in errors and seeds its numbers. */
  readonly purpose: string
  readonly shape: readonly number[]
  /** The layer's filler; constant 0 when left out. */
  readonly filler: Message | undefined
  readonly seed: number
}

/**
 * Starting values by one of Caffe's fillers: constant, gaussian, uniform, positive_unitball, xavier, msra, bilinear.
 *
 * The numbers depend only on the seed and the purpose. Throws `caffe/unknown-filler`. Source: Caffe's filler.hpp.
 */
export function filledValues({ purpose, shape, filler, seed }: FillerRequest): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1))
  if (filler === undefined) return values
  const rng = new Rng(seed).split(purpose)
  const fanIn = values.length / (shape[0] ?? 1)
  switch (filler.text('type', 'constant')) {
    case 'constant':
      return values.fill(filler.number('value', 0))
    case 'uniform':
      return values.map(() => rng.uniform(filler.number('min', 0), filler.number('max', 1)))
    case 'gaussian':
      return gaussian(values, filler, rng, shape[0] ?? 1)
    case 'xavier': {
      const bound = Math.sqrt(3 / fan(filler, shape, fanIn))
      return values.map(() => rng.uniform(-bound, bound))
    }
    case 'msra': {
      const deviation = Math.sqrt(2 / fan(filler, shape, fanIn))
      return values.map(() => rng.normal(0, deviation))
    }
    case 'positive_unitball':
      return positiveUnitBall(values, fanIn, rng)
    case 'bilinear':
    case 'bilinear_upsampling':
      return bilinear(values, shape)
    default:
      throw new PixelwiseError('caffe/unknown-filler', {
        what: `${purpose}: filler "${shortName(filler.text('type', ''))}"`,
        rule: 'known: bilinear, constant, gaussian, msra, positive_unitball, uniform, xavier',
        next: 'correct the type, or pass trained weights, which need no filler',
      })
  }
}

/** `sparse` keeps on average that many connections of each output. */
function gaussian(values: Float32Array, filler: Message, rng: Rng, outputs: number): Float32Array {
  const sparse = filler.number('sparse', -1)
  const kept = sparse < 0 ? 1 : sparse / outputs
  const [mean, deviation] = [filler.number('mean', 0), filler.number('std', 1)]
  return values.map(() => {
    const value = rng.normal(mean, deviation)
    return kept === 1 || rng.uniform(0, 1) < kept ? value : 0
  })
}

function fan(filler: Message, shape: readonly number[], fanIn: number): number {
  const fanOut = shape.length > 1 ? (fanIn * shape[0]) / shape[1] : fanIn
  const norm = filler.text('variance_norm', 'FAN_IN')
  if (norm === 'FAN_OUT') return fanOut
  return norm === 'AVERAGE' ? (fanIn + fanOut) / 2 : fanIn
}

function positiveUnitBall(values: Float32Array, fanIn: number, rng: Rng): Float32Array {
  for (let start = 0; start < values.length; start += fanIn) {
    const row = values.subarray(start, start + fanIn)
    for (let i = 0; i < row.length; i++) row[i] = rng.uniform(0, 1)
    const sum = row.reduce((total, value) => total + value, 0)
    for (let i = 0; i < row.length; i++) row[i] /= sum
  }
  return values
}

function bilinear(values: Float32Array, shape: readonly number[]): Float32Array {
  const [height, width] = [shape[2] ?? 1, shape[3] ?? 1]
  const factor = Math.ceil(width / 2)
  const centre = (2 * factor - 1 - (factor % 2)) / (2 * factor)
  const weight = (i: number) => 1 - Math.abs(i / factor - centre)
  return values.map((_, i) => weight(i % width) * weight(Math.floor(i / width) % height))
}
