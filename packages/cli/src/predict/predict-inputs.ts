import { extname, join } from 'node:path'
import { type ModelDescription, PixelwiseError } from '@pixelwise/core'
import { vocPalette } from '@pixelwise/datasets'
import { readDepth, readImage, readNpy } from '@pixelwise/datasets/node'
import { netInputs, type RecipeInput } from '@pixelwise/fcn'
import type { Raster } from '@pixelwise/masks'
import type { EngineName } from '../engines/engine-names.js'
import { openEngine } from '../engines/open-engine.js'
import { progress } from '../output/progress.js'
import { note } from '../output/streams.js'
import { findPlugins } from '../plugins/find-plugins.js'
import { loadPlugins } from '../plugins/load-plugins.js'
import { openModel } from '../plugins/open-model.js'
import type { PluginFlags } from '../plugins/plugin-option.js'
import { type CompanionFolders, checkCompanions, companionFiles } from './companions.js'
import { findInputs, type Input } from './find-inputs.js'
import { labelExample, type Views } from './label-example.js'
import { type Labeller, labelsOfScores, scorePrepared } from './label-image.js'
import { type Shard, shardOf } from './shard.js'
import {
  areWritten,
  type Product,
  products,
  type ResultFiles,
  resultFiles,
  writeArrayResults,
  writeImageResults,
} from './write-results.js'

export interface PredictOptions extends PluginFlags {
  readonly model: string
  readonly out: string
  readonly engine: EngineName
  readonly save: readonly Product[]
  readonly output: number
  /** Largest side that is run whole; 0: every image; undefined: 1024, or whole where a net cannot be tiled. */
  readonly tile?: number
  readonly shard?: Shard
  /** Leaves out inputs whose results are there. */
  readonly resume: boolean
  /** Pictures that the net sees beside the images. */
  readonly companions: CompanionFolders
}

/** What became of each input. */
export interface PredictReport {
  readonly engine: string
  readonly done: readonly ({ readonly input: string; readonly height: number; readonly width: number } & ResultFiles)[]
  readonly failed: readonly { readonly input: string; readonly error: string }[]
  /** Inputs that were labelled before. */
  readonly skipped: number
}

const largestWhole = 1024

/** A model that is ready, and what it looks at. */
interface Subject extends Labeller {
  readonly sees: readonly RecipeInput[]
  readonly companions: CompanionFolders
}

/** Labels every input, one after the other, and goes on after those that fail; memory does not grow with their number. */
export async function predictInputs(patterns: readonly string[], options: PredictOptions): Promise<PredictReport> {
  const inputs = shardOf(
    await findInputs(
      patterns,
      products.map((product) => join(options.out, product)),
    ),
    options.shard,
  )
  const plugins = findPlugins(options.plugin)
  const { engine, label } = await openEngine(options.engine, { cache: true })
  const known = await loadPlugins(plugins)
  const { model, description } = await openModel(options.model, known)
  const sees = netInputs(description, options.model)
  const { name, inputs: taken } = model
  checkCompanions(sees, options.companions, { name, inputCount: taken.length })
  checkTile(options.tile, name, sees.length)
  const prepared = await engine.prepare(model)
  const labeller: Subject = {
    sees,
    companions: options.companions,
    model,
    description,
    layers: known.layers,
    prepared,
    output: options.output,
    tile: options.tile === 0 ? null : (options.tile ?? largestWhole),
    mayRunWhole: options.tile === undefined,
  }
  const done: PredictReport['done'][number][] = []
  const failed: PredictReport['failed'][number][] = []
  let skipped = 0
  const show = progress('labelling')
  try {
    for (const [i, input] of inputs.entries()) {
      const isArray = extname(input.file).toLowerCase() === '.npy'
      const files = resultFiles(options.out, input.name, options.save, isArray)
      if (options.resume && areWritten(files)) skipped++
      else {
        try {
          const size = isArray ? await predictArray(labeller, input, files) : await predictImage(labeller, input, files)
          done.push({ input: input.file, ...size, ...files })
        } catch (error) {
          if (!(error instanceof PixelwiseError) || !isAboutInput(error)) throw error
          note(`warning: ${input.file}: ${error.message}`)
          failed.push({ input: input.file, error: error.message })
        }
      }
      show(i + 1, inputs.length)
    }
  } finally {
    prepared.dispose()
    model.dispose()
  }
  return { engine: label, done, failed, skipped }
}

function checkTile(tile: number | undefined, name: string, inputs: number): void {
  if (inputs === 1 || tile === undefined || tile === 0) return
  throw new PixelwiseError('predict/several-inputs', {
    what: `--tile ${tile} for model "${name}", which has ${inputs} inputs`,
    rule: 'only nets of one input are run in tiles',
    next: 'leave --tile out',
  })
}

/** What is wrong with the folder of results, the net or the size of tiles is wrong for every input. */
function isAboutInput({ code }: PixelwiseError): boolean {
  const ofAll = ['cli/cannot-write', 'predict/one-class', 'predict/several-inputs', 'predict/no-output']
  return !ofAll.includes(code) && !code.startsWith('tiling/')
}

interface Size {
  readonly height: number
  readonly width: number
}

async function predictImage(subject: Subject, input: Input, files: ResultFiles): Promise<Size> {
  const views = await readViews(subject, input)
  const { labels, scores } = await labelExample(subject, subject.sees, views, files.scores !== undefined)
  await writeImageResults(files, views.image, labels, scores, paletteOf(subject.description))
  return { height: views.image.height, width: views.image.width }
}

/** The image and what lies beside it. */
async function readViews({ sees, companions, description }: Subject, { file, name }: Input): Promise<Views> {
  const image = await readInput(file, description)
  const { depth, hha } = companionFiles(name, sees, companions)
  const views = {
    id: file,
    image,
    ...(depth !== undefined && { depth: await readDepth(depth) }),
    ...(hha !== undefined && { hha: await readImage(hha) }),
  }
  for (const [path, { height, width }] of [
    [depth, views.depth ?? image],
    [hha, views.hha ?? image],
  ] as const) {
    if (height === image.height && width === image.width) continue
    throw new PixelwiseError('predict/sizes-differ', {
      what: `${path} is ${height}×${width}, its image ${image.height}×${image.width}`,
      rule: 'both show the same pixels',
      next: 'resize one to the other',
    })
  }
  return views
}

/** An image as the net's kind of input wants it. */
async function readInput(file: string, { preprocessing }: ModelDescription): Promise<Raster> {
  if (preprocessing.inputKind === 'depth') return readDepth(file)
  const image = await readImage(file)
  if (preprocessing.inputKind !== 'grey') return image
  const data = Float32Array.from({ length: image.height * image.width }, (_, pixel) => {
    const [red, green, blue] = image.data.subarray(3 * pixel, 3 * pixel + 3)
    return 0.299 * red + 0.587 * green + 0.114 * blue // ITU-R BT.601, as PNG and JPEG readers do
  })
  return { height: image.height, width: image.width, channels: 1, data }
}

/** `[N, H, W, C]` or `[H, W, C]`, taken as it is: nothing is subtracted, scaled or reordered. */
async function predictArray(labeller: Subject, { file }: Input, files: ResultFiles): Promise<Size> {
  if (labeller.sees.length > 1) {
    throw new PixelwiseError('predict/array-of-several', {
      what: `an array for a net of ${labeller.sees.length} inputs`,
      rule: 'an array is all that a net sees',
      next: 'give images',
    })
  }
  const { shape, data } = await readNpy(file)
  const [count, height, width, channels] = shape.length === 3 ? [1, ...shape] : shape
  if (shape.length < 3 || shape.length > 4 || data.length === 0) {
    throw new PixelwiseError('predict/not-images', {
      what: `an array of shape ${shape.join('×')}`,
      rule: 'images are [N, H, W, C] or [H, W, C], with at least one value',
      next: 'reshape it',
    })
  }
  requireChannels(labeller.model, channels)
  const size = height * width * channels
  const labels = []
  const scores = []
  for (let n = 0; n < count; n++) {
    const values = Float32Array.from(data.subarray(n * size, (n + 1) * size), Number)
    const scored = await scorePrepared(labeller, values, [height, width, channels])
    labels.push(labelsOfScores(scored))
    if (files.scores !== undefined) scores.push(scored)
  }
  await writeArrayResults(files, labels, scores)
  return { height, width }
}

function requireChannels({ name, inputs }: Labeller['model'], channels: number): void {
  const wanted = inputs[0].shape.at(-1)
  if (wanted == null || wanted === channels) return
  throw new PixelwiseError('predict/wrong-channels', {
    what: `an array of ${channels} channels for model "${name}"`,
    rule: `it takes ${wanted}, as the last axis of [N, H, W, C]`,
    next: 'transpose the array, or choose another model',
  })
}

/** The model's colours, or those of PASCAL VOC. */
function paletteOf({ palette }: ModelDescription): Uint8Array {
  const colours = vocPalette()
  for (const [label, colour] of (palette ?? []).entries()) if (label < 256) colours.set(colour, 3 * label)
  return colours
}
