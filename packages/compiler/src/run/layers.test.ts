import '@tensorflow/tfjs-backend-cpu'
import { coreLayers, EagerEngine, type LayerPlugin, type PixelwiseLayer } from '@pixelwise/core'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { withRandomWeights } from '../../test-support/with-random-weights.js'
import { loadOnnxRuntime } from '../node/load-onnx-runtime.js'
import { compile } from './compiled-model.js'
import type { OnnxRuntime } from './onnx-runtime.js'

let runtime: OnnxRuntime
beforeAll(async () => {
  await tf.setBackend('cpu')
  runtime = await loadOnnxRuntime()
})

const image = [2, 7, 6, 4]

/** Configurations and inputs by the name of the class, without its prefix. */
const cases: Record<string, [config: object, ...inputs: number[][]][]> = {
  Convolution: [
    [{ filters: 4, kernel: [3, 2], stride: [2, 1], pad: [0, 2], groups: 2 }, image],
    [{ filters: 2, kernel: 3, dilation: 2, pad: 2 }, image],
  ],
  TransposedConvolution: [
    [{ filters: 3, kernel: 4, stride: 2, pad: 1 }, [2, 3, 4, 2]],
    [{ filters: 4, kernel: [3, 5], stride: [2, 3], groups: 2, bias: false }, [1, 3, 2, 4]],
  ],
  BilinearUpsampling: [[{ factor: 3, kernel: 6 }, [2, 3, 4, 3]]],
  MaxPooling: [
    [{ window: [3, 2], stride: 2, pad: [1, 0], rounding: 'floor' }, image],
    [{ window: 2 }, image],
  ],
  AveragePooling: [[{ window: 3, stride: 2, pad: 1 }, image]],
  DilatedPooling: [[{ window: 3, dilation: 2, operation: 'max', pad: 1, formerStride: 2 }, image]],
  MaxPoolingWithSwitches: [[{ window: 2 }, image]],
  LocalResponseNormalization: [[{ size: 3, alpha: 0.5, beta: 0.75 }, image]],
  BatchNormalization: [[{}, image]],
  ChannelScale: [[{ bias: true }, image]],
  Concatenation: [[{}, image, [2, 7, 6, 3]]],
  CropLike: [[{ offset: [2, 3] }, [2, 9, 11, 4], [2, 5, 6, 1]]],
  ResizeLike: [[{}, [2, 3, 4, 2], [2, 7, 9, 1]]],
  Dropout: [[{ rate: 0.5 }, image]],
}

/** Layers that only make sense with another one, tested as a pair below. */
const pairs = ['MaxUnpooling']

const nameOf = ({ layer }: LayerPlugin) => layer.className.replace('Pixelwise>', '')

async function expectAsEager(model: tfl.LayersModel, inputs: tf.Tensor[]): Promise<void> {
  const compiled = compile(model, runtime)
  const actual = await compiled.run(inputs)
  const expected = await (await new EagerEngine().prepare(model)).run(inputs)
  for (const [i, output] of expected.entries()) expect(relativeDifference(actual[i], output)).toBeLessThan(1e-5)
  compiled.dispose()
}

describe('every layer of core, compiled, computes what it does eagerly', () => {
  // tfjs's own layers are listed there too; of these, each kernel is tested by itself.
  const own = coreLayers.filter(({ layer }) => layer.className.startsWith('Pixelwise>'))
  test.each(own.filter((plugin) => !pairs.includes(nameOf(plugin))).map((plugin) => [nameOf(plugin), plugin]))(
    '%s',
    async (name, plugin) => {
      expect(cases, `a new layer needs a case here`).toHaveProperty([name])
      for (const [config, ...shapes] of cases[name]) {
        const layer = new plugin.layer({ ...config, name: 'layer' }) as PixelwiseLayer
        const symbols = shapes.map(([, , , channels]) => tfl.input({ shape: [null, null, channels] }))
        const outputs = layer.apply(symbols.length === 1 ? symbols[0] : symbols) as tfl.SymbolicTensor
        const model = withRandomWeights(tfl.model({ inputs: symbols, outputs }))
        await expectAsEager(
          model,
          shapes.map((shape, i) => seededTensor(shape, `input ${i}`)),
        )
      }
    },
  )

  test('MaxUnpooling behind the pooling whose switches it takes', async () => {
    const [pool, unpool] = ['MaxPoolingWithSwitches', 'MaxUnpooling'].map((name) => {
      const plugin = coreLayers.find((each) => nameOf(each) === name)
      if (plugin === undefined) throw new Error(`no ${name}`)
      return new plugin.layer({ window: 2, name }) as PixelwiseLayer
    })
    const input = tfl.input({ shape: [null, null, 4] })
    const [maxima, switches] = pool.apply(input) as tfl.SymbolicTensor[]
    const outputs = unpool.apply([maxima, switches, input]) as tfl.SymbolicTensor
    await expectAsEager(tfl.model({ inputs: input, outputs }), [seededTensor(image, 'input')])
  })
})
