import { readFileSync } from 'node:fs'
import * as ops from '@pixelwise/core'
import type * as tf from '@tensorflow/tfjs-core'
import { dispose, stack, tensor1d, tidy } from '@tensorflow/tfjs-core'

/** An array as the fixture stores it. */
export interface StoredArray {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32'
  readonly values: readonly number[]
}

/** One operation on given inputs, with what an independent program computed in float64. */
export interface OpCase {
  readonly name: string
  readonly inputs: Readonly<Record<string, StoredArray>>
  readonly output: StoredArray
  /** What the output is multiplied by before it is summed up for the gradient; absent where there is none. */
  readonly upstream?: StoredArray
  /** Gradient of that sum for each input that has one. */
  readonly gradients: Readonly<Record<string, StoredArray>>
  /** False where a small step changes a maximum or the values are too large for float32 differences. */
  readonly finiteDifferences: boolean
  readonly run: (inputs: Named) => tf.Tensor
}

/** Tensors by the names that the fixture gives them. */
export type Named = Readonly<Record<string, tf.Tensor>>

interface StoredCase extends Omit<OpCase, 'run' | 'finiteDifferences'> {
  readonly operation: string
  // biome-ignore lint/suspicious/noExplicitAny: each operation knows the options that the fixture holds for it.
  readonly options: any
  readonly finiteDifferences?: boolean
}

// biome-ignore lint/suspicious/noExplicitAny: the fixture's tensors have the ranks that the operation takes.
type Run = (inputs: any, options: any) => tf.Tensor

/** How each operation of the fixture is called. */
const operations: Readonly<Record<string, Run>> = {
  convolution: ({ x, filter }, options) => ops.convolution(x, filter, options),
  transposedConvolution: ({ x, filter }, options) => ops.transposedConvolution(x, filter, options),
  maxPool: ({ x }, options) => ops.maxPool(x, options),
  averagePool: ({ x }, options) => ops.averagePool(x, options),
  maxPoolWithSwitches: ({ x }, options) => {
    const { values, switches } = ops.maxPoolWithSwitches(x, options)
    values.dispose()
    return switches
  },
  maxUnpool: ({ values, switches }, { size }) => ops.maxUnpool(values, switches, size),
  maxPoolThenUnpool: ({ x }, options) =>
    tidy(() => {
      const { values, switches } = ops.maxPoolWithSwitches(x, options)
      return ops.maxUnpool(values, switches, [x.shape[1], x.shape[2]])
    }),
  lrnAcrossChannels: ({ x }, options) => ops.lrnAcrossChannels(x, options),
  lrnWithinChannel: ({ x }, options) => ops.lrnWithinChannel(x, options),
  meanVarianceNormalization: ({ x }, options) => ops.meanVarianceNormalization(x, options),
  batchNormalization: ({ x, ...perChannel }, options) => ops.batchNormalization(x, { ...perChannel, ...options }),
  batchNormalizationTraining: ({ x, ...perChannel }, options) => {
    const { output, mean, variance } = ops.batchNormalizationTraining(x, { ...perChannel, ...options })
    dispose([mean, variance])
    return output
  },
  batchMoments: ({ x }) =>
    tidy(() => {
      const { mean, variance } = ops.batchNormalizationTraining(x)
      return stack([mean, variance])
    }),
  resizeBilinear: ({ x }, { size, convention }) => ops.resizeBilinear(x, size, { convention }),
  bilinearFilter1d: (_inputs, { size }) => tensor1d(ops.bilinearFilter1d(size)),
  bilinearUpsample: ({ x }, { factor, size }) => ops.bilinearUpsample(x, factor, { size }),
  crop: ({ x }, { offset, size }) => ops.crop(x, offset, size),
  fullyConnected: ({ x, weights, bias }) => ops.fullyConnected(x, weights, bias),
  dropout: ({ x, mask }, { rate }) => ops.dropout(x, mask, rate),
  softmaxCrossEntropy: ({ logits, labels, validMask }, options) =>
    ops.softmaxCrossEntropy(logits, labels, { ...options, validMask }),
  sigmoidCrossEntropy: ({ logits, targets, validMask }, options) =>
    ops.sigmoidCrossEntropy(logits, targets, { ...options, validMask }),
}

const fixture = new URL('../../../packages/core/src/ops/fixtures/ops.json', import.meta.url)

/** Every operation of `core` in its variants; made by oracles/ops/make_op_fixtures.py with PyTorch in float64. */
export const opCases: readonly OpCase[] = JSON.parse(readFileSync(fixture, 'utf8')).cases.map(
  ({ operation, options, name, finiteDifferences = true, ...stored }: StoredCase): OpCase => ({
    ...stored,
    name: `${operation}: ${name}`,
    finiteDifferences,
    run: (inputs) => operations[operation](inputs, options),
  }),
)
