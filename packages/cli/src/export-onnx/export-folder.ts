import { mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { writeOnnx } from '@pixelwise/compiler/node'
import { type ModelDescription, PixelwiseError, useBackend } from '@pixelwise/core'
import { env } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { cannotWrite } from '../output/write-aside.js'
import { findPlugins } from '../plugins/find-plugins.js'
import { loadPlugins } from '../plugins/load-plugins.js'
import { openModel } from '../plugins/open-model.js'
import type { PluginFlags } from '../plugins/plugin-option.js'
import { compareWithModel } from './compare-with-model.js'

export interface ExportFolderOptions extends PluginFlags {
  readonly model: string
  readonly out: string
  /** Height and width of the inputs, for a file of this size alone; any size where left out. */
  readonly input?: readonly [number, number]
  /** Images at a time, where a size is given; default 1. */
  readonly batch?: number
}

/** What became of an export. */
export interface ExportReport {
  readonly file: string
  readonly bytes: number
  /** The weights, where one file cannot hold them. */
  readonly data?: { readonly file: string; readonly bytes: number }
  /** Lengths that are free are null. */
  readonly inputs: readonly { readonly name: string; readonly shape: readonly (number | null)[] }[]
  /** Largest difference between ONNX Runtime and the model on a random input, relative to the largest score; null where ONNX Runtime is missing. */
  readonly difference: number | null
}

/**
 * Writes the ONNX file of a model folder and compares it with the model. Throws `cli/onnx-differs` when they disagree,
 * `onnx/size-needed` where one file cannot serve all sizes and none is given, `cli/input-too-large`,
 * `cli/cannot-write`.
 */
export async function exportFolder(options: ExportFolderOptions): Promise<ExportReport> {
  const plugins = findPlugins(options.plugin)
  env().set('PROD', true)
  await useBackend()
  const { model, description } = await openModel(options.model, await loadPlugins(plugins))
  const sized = options.input !== undefined || !model.inputs.some(({ shape }) => shape.slice(1).includes(null))
  const examples = examplesOf(model, options)
  requireFits(examples)
  return withFolderBeside(options.out, async (folder) => {
    const aside = join(folder, basename(options.out))
    const written = await writeOnnx(aside, model, {
      ...(sized && { inputs: examples }),
      metadata: metadataOf(description),
    })
    const difference = await compareWithModel(aside, model, examples)
    requireAgreement(options.model, difference)
    const moved = []
    for (const { file, bytes } of [...written].reverse()) {
      const target = join(dirname(options.out), basename(file))
      await rename(file, resolve(target)).catch((cause) => {
        throw cannotWrite(target, cause)
      })
      moved.unshift({ file: target, bytes })
    }
    const [{ bytes }, data] = moved
    const inputs = sized ? examples : model.inputs.map(({ shape, sourceLayer: { name } }) => ({ name, shape }))
    return { file: options.out, bytes, ...(data !== undefined && { data }), inputs, difference }
  })
}

/** Deep nets add up rounding of float32; formulas that differ disagree by far more. */
const largestDifference = 1e-4

function requireAgreement(model: string, difference: number | null): void {
  if (difference === null || difference <= largestDifference) return
  throw new PixelwiseError('cli/onnx-differs', {
    what: `the exported graph differs from ${model} by ${difference} of its largest output`,
    rule: `at most ${largestDifference} is rounding`,
    next: 'report this together with the model; nothing was written',
  })
}

/** What one array of the processor may hold; the file is compared with the model on inputs of that size. */
const mostValues = 2 ** 31

function requireFits(examples: readonly { readonly shape: readonly number[] }[]): void {
  const large = examples.find(({ shape }) => shape.reduce((size, length) => size * length, 1) > mostValues)
  if (large === undefined) return
  throw new PixelwiseError('cli/input-too-large', {
    what: `inputs of ${large.shape.join('×')}`,
    rule: `an input has ${mostValues.toLocaleString('en')} values at most`,
    next: 'pass a smaller --input or --batch, or leave both out for images of every size',
  })
}

/** Large enough for every net that scores whole images, and a size that no stride divides. */
const exampleSize = [229, 243] as const

function examplesOf(
  model: LayersModel,
  { input, batch = 1 }: ExportFolderOptions,
): { name: string; shape: number[] }[] {
  const [height, width] = input ?? exampleSize
  return model.inputs.map(({ shape, sourceLayer: { name } }) => ({
    name,
    shape: [batch, ...shape.slice(1).map((length, axis) => length ?? [height, width][axis] ?? 1)],
  }))
}

async function withFolderBeside<T>(out: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(dirname(resolve(out)), '.export-')).catch((cause) => {
    throw cannotWrite(out, cause)
  })
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function metadataOf({ preprocessing, classes, palette }: ModelDescription): Record<string, string> {
  return {
    preprocessing: JSON.stringify(preprocessing),
    ...(classes !== undefined && { classes: JSON.stringify(classes) }),
    ...(palette !== undefined && { palette: JSON.stringify(palette) }),
  }
}
