import { exportOnnx } from '@pixelwise/compiler'
import { type ModelDescription, PixelwiseError, useBackend } from '@pixelwise/core'
import { loadModel } from '@pixelwise/core/node'
import { env } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { knownLayers } from '../known-layers.js'
import { writeAside } from '../output/write-aside.js'
import { compareWithModel } from './compare-with-model.js'

export interface ExportFolderOptions {
  readonly model: string
  readonly out: string
  /** Height and width of the inputs, where the model leaves them free. */
  readonly input?: readonly [number, number]
  readonly batch: number
}

/** What became of an export. */
export interface ExportReport {
  readonly file: string
  readonly bytes: number
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[]
  /** Largest difference between ONNX Runtime and the model on a random input, relative to the largest score; null where ONNX Runtime is missing. */
  readonly difference: number | null
}

/** Writes the ONNX file of a model folder and compares it with the model. Throws `cli/onnx-differs` when they disagree. */
export async function exportFolder(options: ExportFolderOptions): Promise<ExportReport> {
  env().set('PROD', true)
  await useBackend()
  const { model, description } = await loadModel(options.model, {
    layers: knownLayers(),
  })
  const inputs = inputsOf(model, options)
  const bytes = await exportOnnx(model, { inputs, metadata: metadataOf(description) })
  const difference = await compareWithModel(bytes, model, inputs)
  if (difference !== null && !(difference <= largestDifference)) {
    throw new PixelwiseError('cli/onnx-differs', {
      what: `the exported graph differs from ${options.model} by ${difference} of its largest output`,
      rule: `at most ${largestDifference} is rounding`,
      next: 'report this together with the model; nothing was written',
    })
  }
  await writeAside(options.out, bytes)
  return { file: options.out, bytes: bytes.length, inputs, difference }
}

/** Deep nets add up rounding of float32; formulas that differ disagree by far more. */
const largestDifference = 1e-4

function inputsOf(model: LayersModel, { input, batch }: ExportFolderOptions): { name: string; shape: number[] }[] {
  return model.inputs.map(({ shape, sourceLayer: { name } }) => {
    const free = shape.slice(1).some((length) => length === null)
    if (free && input === undefined) {
      throw new PixelwiseError('cli/size-unknown', {
        what: `input "${name}" takes images of any size`,
        rule: 'an ONNX file is made for one size',
        next: 'pass --input HxW',
      })
    }
    const [, height, width, ...rest] = shape
    const sized = free ? [height ?? input?.[0], width ?? input?.[1], ...rest] : shape.slice(1)
    return { name, shape: [batch, ...sized.map((length) => length ?? 1)] }
  })
}

function metadataOf({ preprocessing, classes }: ModelDescription): Record<string, string> {
  return {
    preprocessing: JSON.stringify(preprocessing),
    ...(classes !== undefined && { classes: JSON.stringify(classes) }),
  }
}
