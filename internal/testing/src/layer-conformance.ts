import { coreLayers, type LayerPlugin, LayerRegistry, type PixelwiseLayer, type Shape } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import {
  type LayersModel,
  loadLayersModel,
  model,
  input as modelInput,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers'
import { describe, expect, test } from 'vitest'
import { seededTensor } from './seeded-tensor.js'

export interface LayerCase {
  readonly config: object
  /** Concrete input shapes, batch first. */
  readonly inputs: number[][]
  /** Inputs that only give a size: no gradient is expected. */
  readonly references?: readonly number[]
  /** Makes an input that random values would not fit (switches). */
  readonly makeInput?: (index: number) => tf.Tensor
  /** Largest difference allowed between the gradient and central differences. Default 2e-2 of the largest gradient. */
  readonly tolerance?: number
}

/**
 * What every layer promises, checked for one plugin: shapes with known and with free sizes, gradients of inputs and
 * weights against central differences, a save and load round trip, and no tensor left behind.
 *
 * Call it at the top level of a test file; backends must be registered and are switched by name.
 */
export function layerConformance(plugin: LayerPlugin, cases: readonly LayerCase[], backends: readonly string[]): void {
  const registry = new LayerRegistry(coreLayers, [plugin])
  const build = (layerCase: LayerCase) => new plugin.layer(layerCase.config) as PixelwiseLayer

  describe.each(backends.map((name) => [name]))(`${plugin.layer.className} on %s`, (backend) => {
    const on = async (run: () => void | Promise<void>) => {
      await tf.setBackend(backend)
      await run()
    }

    test.each(cases.map((layerCase, i) => [i, layerCase] as const))('case %i: shapes', (_i, layerCase) =>
      on(() => {
        const inputs = makeInputs(layerCase)
        const outputs = [build(layerCase).apply(asInput(inputs))].flat() as tf.Tensor[]
        const inferred = asList(build(layerCase).inferShape(layerCase.inputs))
        expect(outputs.map((output) => output.shape)).toEqual(inferred)
        const free = layerCase.inputs.map(([batch, , , ...rest]): Shape => [batch, null, null, ...rest])
        for (const shape of asList(build(layerCase).inferShape(free))) expect(shape.slice(1, 3)).toEqual([null, null])
        tf.dispose([inputs, outputs])
      }),
    )

    test.each(cases.map((layerCase, i) => [i, layerCase] as const))('case %i: gradients', (_i, layerCase) =>
      on(() => {
        const layer = build(layerCase)
        const inputs = makeInputs(layerCase)
        tf.dispose(layer.apply(asInput(inputs)) as tf.Tensor) // creates the weights
        const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable)
        for (const [i, weight] of weights.entries()) weight.assign(seededTensor(weight.shape, `weight ${i}`))
        const loss = (...values: tf.Tensor[]) => randomProjection([layer.apply(asInput(values))].flat()[0] as tf.Tensor)

        const learning = inputs.map((_, i) => i).filter((i) => !layerCase.references?.includes(i))
        const withInput = (i: number, value: tf.Tensor) => inputs.map((input, j) => (i === j ? value : input))
        for (const i of learning) {
          const gradient = tf.grad((value) => loss(...withInput(i, value)))(inputs[i])
          expectMatchesDifferences(
            gradient,
            (shift) => loss(...withInput(i, tf.add(inputs[i], shift))),
            layerCase.tolerance,
          )
          gradient.dispose()
        }
        for (const weight of weights) {
          const { grads } = tf.variableGrads(() => loss(...inputs) as tf.Scalar, [weight])
          const start = weight.clone()
          const shifted = (shift: tf.Tensor) => {
            weight.assign(tf.add(start, shift))
            return loss(...inputs)
          }
          expectMatchesDifferences(grads[weight.name], shifted, layerCase.tolerance)
          weight.assign(start)
          tf.dispose(grads)
        }
        tf.dispose(inputs)
        layer.dispose()
      }),
    )

    test.each(cases.map((layerCase, i) => [i, layerCase] as const))('case %i: saves and loads', (_i, layerCase) =>
      on(async () => {
        expect(registry.has(plugin.layer.className)).toBe(true)
        const original = modelOf(build(layerCase), layerCase)
        const loaded = await roundTrip(original)
        const config = (of: LayersModel) => (of.layers.at(-1) as PixelwiseLayer).config
        expect(config(loaded)).toEqual(config(original))
        const inputs = makeInputs(layerCase)
        const [before, after] = [original, loaded].map((of) => [of.predict(inputs)].flat() as tf.Tensor[])
        for (const [i, tensor] of before.entries()) expect(after[i].dataSync()).toEqual(tensor.dataSync())
        tf.dispose([inputs, before, after])
        original.dispose()
        loaded.dispose()
      }),
    )

    test.each(cases.map((layerCase, i) => [i, layerCase] as const))(
      'case %i: leaves no tensor behind',
      (_i, layerCase) =>
        on(() => {
          const layer = build(layerCase)
          const inputs = makeInputs(layerCase)
          const apply = () => tf.dispose(layer.apply(asInput(inputs), { training: true }) as tf.Tensor)
          apply()
          const before = tf.memory().numTensors
          apply()
          expect(tf.memory().numTensors).toBe(before)
          tf.dispose(inputs)
          layer.dispose()
        }),
    )
  })
}

function makeInputs({ inputs, makeInput }: LayerCase): tf.Tensor[] {
  return inputs.map((shape, i) => makeInput?.(i) ?? seededTensor(shape, `input ${i}`))
}

function asList(shape: Shape | Shape[]): Shape[] {
  return Array.isArray(shape[0]) ? (shape as Shape[]) : [shape as Shape]
}

function asInput(inputs: tf.Tensor[]): tf.Tensor | tf.Tensor[] {
  return inputs.length === 1 ? inputs[0] : inputs
}

/** A scalar that depends on every value, so that no part of a gradient can hide. */
function randomProjection(output: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(output, seededTensor(output.shape, 'projection')))
}

/**
 * Compares a gradient with central differences along four random directions. In float32 a step of 1/32 leaves about
 * three digits; layers that are linear in the target agree far better, kinks (max, ReLU) can cost one direction.
 */
function expectMatchesDifferences(
  gradient: tf.Tensor,
  lossAt: (shift: tf.Tensor) => tf.Tensor,
  tolerance = 2e-2,
): void {
  const step = 1 / 32
  const [analytic, numeric] = [new Float64Array(4), new Float64Array(4)]
  for (let k = 0; k < 4; k++) {
    tf.tidy(() => {
      const direction = seededTensor(gradient.shape, `probe ${k}`)
      const at = (distance: number) => lossAt(tf.mul(direction, distance)).dataSync()[0]
      analytic[k] = tf.sum(tf.mul(gradient, direction)).dataSync()[0]
      numeric[k] = (at(step) - at(-step)) / (2 * step)
    })
  }
  const scale = Math.max(1e-3, ...analytic.map(Math.abs))
  for (const k of analytic.keys()) expect(Math.abs(analytic[k] - numeric[k]) / scale).toBeLessThan(tolerance)
}

function modelOf(layer: PixelwiseLayer, { inputs }: LayerCase): LayersModel {
  const symbols = inputs.map(([, ...shape], i) => modelInput({ shape, name: `input_${i}`, dtype: 'float32' }))
  const outputs = layer.apply(symbols.length === 1 ? symbols[0] : symbols) as SymbolicTensor | SymbolicTensor[]
  return model({ inputs: symbols, outputs })
}

async function roundTrip(original: LayersModel): Promise<LayersModel> {
  const artifacts = await new Promise<tf.io.ModelArtifacts>((resolve) => {
    original.save(
      tf.io.withSaveHandler(async (saved) => {
        resolve(saved)
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
      }),
    )
  })
  // Through text, as on disk: undefined, NaN and typed arrays would not survive.
  const written = { ...artifacts, modelTopology: JSON.parse(JSON.stringify(artifacts.modelTopology)) }
  return loadLayersModel(tf.io.fromMemory(written))
}
