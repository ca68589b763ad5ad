import { PixelwiseError, Rng } from '@pixelwise/masks/shared'
import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import type { initializers } from '@tensorflow/tfjs-layers'
import { bilinearFilter1d } from '../ops/bilinear-filter.js'

/**
 * How a layer's weights start.
 *
 * - `zeros`: Caffe's default, and the start of new score layers;
 * - `msra`: normal with variance 2 / fan-in (He et al. 2015);
 * - `xavier`: uniform within ±√(3 / fan-in), Caffe's reading of Glorot and Bengio 2010;
 * - `bilinear`: each channel interpolates itself (Long 2016, §3.2.3); transposed convolutions only.
 */
export type InitialValues = (typeof kinds)[number]

const kinds = ['zeros', 'msra', 'xavier', 'bilinear'] as const

/** What tfjs's `addWeight` asks of an initializer. */
type Initializer = ReturnType<typeof initializers.zeros>

/**
 * An initializer for `addWeight` whose numbers depend only on the seed and the layer's and weight's names: not on the
 * order in which layers are built, nor on the backend.
 *
 * `fanIn` is the number of products summed into one output value. Throws `layer/unknown-start`.
 */
export function initialValues(kind: InitialValues, purpose: string, seed: number, fanIn: number): Initializer {
  if (!kinds.includes(kind)) {
    throw new PixelwiseError('layer/unknown-start', {
      what: `${purpose}: start "${kind}"`,
      rule: `known: ${kinds.join(', ')}`,
      next: 'take msra before a ReLU, zeros for new score layers',
    })
  }
  const apply = (shape: number[]) => tensor(values(kind, new Rng(seed).split(purpose), fanIn, shape), shape, 'float32')
  return { apply } satisfies { apply(shape: number[]): Tensor } as unknown as Initializer
}

function values(kind: InitialValues, rng: Rng, fanIn: number, shape: number[]): Float32Array {
  const result = new Float32Array(shape.reduce((product, size) => product * size, 1))
  switch (kind) {
    case 'zeros':
      break
    case 'msra': {
      const deviation = Math.sqrt(2 / fanIn)
      for (let i = 0; i < result.length; i++) result[i] = rng.normal(0, deviation)
      break
    }
    case 'xavier': {
      const bound = Math.sqrt(3 / fanIn)
      for (let i = 0; i < result.length; i++) result[i] = rng.uniform(-bound, bound)
      break
    }
    case 'bilinear':
      fillBilinear(result, shape)
  }
  return result
}

/** `[kh, kw, Cout/groups, Cin]`: the diagonal interpolates (with one output per group, every entry does). */
function fillBilinear(result: Float32Array, [height, width, outputs, inputs]: number[]): void {
  const rows = bilinearFilter1d(height)
  const columns = bilinearFilter1d(width)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < inputs; c++) {
        const output = outputs === 1 ? 0 : c
        if (output < outputs) result[((y * width + x) * outputs + output) * inputs + c] = rows[y] * columns[x]
      }
    }
  }
}
