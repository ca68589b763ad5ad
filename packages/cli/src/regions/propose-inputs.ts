import { readImage } from '@pixelwise/datasets/node'
import type { Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { changeStep, cocoProposals, prepareRegionNet, proposalsOf, storedRegionNet } from '@pixelwise/pairwise-regions'
import type { EngineName } from '../engines/engine-names.js'
import { openEngine } from '../engines/open-engine.js'
import { progress } from '../output/progress.js'
import { stoppable, untilStopped } from '../output/stoppable.js'
import { note } from '../output/streams.js'
import { findPlugins } from '../plugins/find-plugins.js'
import { loadPlugins } from '../plugins/load-plugins.js'
import { openModel } from '../plugins/open-model.js'
import type { PluginFlags } from '../plugins/plugin-option.js'
import { findInputs } from '../predict/find-inputs.js'
import { drawPlanes, drawProposals } from './draw-proposals.js'
import { imageIds } from './image-ids.js'
import { ResultsFile } from './results-file.js'

export interface RegionOptions extends PluginFlags {
  readonly model: string
  readonly out: string
  readonly engine: EngineName
  readonly top: number
  readonly nms: number
  readonly threshold: number
  readonly step: number
  /** COCO annotation file that numbers the images. */
  readonly ids?: string
  readonly overlays?: string
  readonly shown: number
  readonly planes: boolean
}

/** What became of each image. */
export interface RegionReport {
  readonly engine: string
  readonly images: readonly { readonly input: string; readonly id: number; readonly proposals: number }[]
  readonly failed: readonly { readonly input: string; readonly error: string }[]
}

/** Proposes regions for image after image into one COCO results file; goes on after images that cannot be read. */
export async function proposeInputs(patterns: readonly string[], options: RegionOptions): Promise<RegionReport> {
  const inputs = await findInputs(patterns)
  const ids = await imageIds(inputs, options.ids)
  const numbered = inputs.map((input) => ({ ...input, id: ids.of(input) })) // before any work is done
  if (ids.source === 'order')
    note('warning: file names do not end in numbers of their own: images are numbered 1, 2, …')
  const plugins = findPlugins(options.plugin)
  const { engine, label } = await openEngine(options.engine, { cache: true })
  const stored = await openModel(options.model, await loadPlugins(plugins))
  const net = changeStep(storedRegionNet(stored), options.step)
  const prepared = await prepareRegionNet(net, engine)
  const work = stoppable()
  const show = untilStopped(work, progress('proposing'))
  const close = () => {
    work.dispose()
    prepared.dispose()
  }
  const results = await ResultsFile.create(options.out).catch((error) => {
    close()
    throw error
  })
  const images: RegionReport['images'][number][] = []
  const failed: RegionReport['failed'][number][] = []
  try {
    for (const [i, { file, name, id }] of numbered.entries()) {
      const image = await readable(file)
      if (image instanceof PixelwiseError) {
        note(`warning: ${image.message}`)
        failed.push({ input: file, error: image.message })
      } else {
        const regions = await prepared.predict(image)
        const { top: limit, nms: maxIoU, threshold, overlays } = options
        const proposals = proposalsOf(regions, image, { limit, maxIoU, threshold })
        await results.add(cocoProposals(id, proposals))
        if (overlays !== undefined) {
          await drawProposals(overlays, name, image, proposals, options.shown)
          const named = regions.map((pathway, p) => ({ ...pathway, name: net.pathways[p].name }))
          if (options.planes) await drawPlanes(overlays, name, image, named)
        }
        images.push({ input: file, id, proposals: proposals.length })
      }
      show(i + 1, inputs.length)
    }
    await results.finish()
  } catch (error) {
    await results.abandon().catch(() => undefined)
    throw error
  } finally {
    close()
  }
  return { engine: label, images, failed }
}

/** The image, or why it cannot be read. */
async function readable(file: string): Promise<Raster | PixelwiseError> {
  return readImage(file).catch((error) => {
    if (error instanceof PixelwiseError) return error
    throw error
  })
}
