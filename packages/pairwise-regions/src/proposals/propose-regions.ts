import { EagerEngine, type Engine, preprocess } from '@pixelwise/core'
import type { Raster } from '@pixelwise/masks'
import { pad, type Tensor4D } from '@tensorflow/tfjs-core'
import { gridOf, type RegionNet, sizeUnit } from '../networks/region-net.js'
import { pairArray } from '../pair-array.js'
import { maskConfidence, type PathwayRegions, type Proposal, type ProposalOptions, proposalsOf } from './propose.js'

/** A region net made ready to run on image after image. */
export interface PreparedRegionNet {
  /** The regions of every pathway, fine to coarse. */
  predict(image: Raster): Promise<PathwayRegions[]>
  /** Proposals, best first. */
  propose(image: Raster, options?: ProposalOptions): Promise<Proposal[]>
  /** Frees what the engine holds; the net itself stays usable. */
  dispose(): void
}

/**
 * Makes a net ready to propose regions, eagerly or on another engine.
 *
 * Images are padded at the bottom and right with the mean colour to a multiple of the coarsest stride, so that the
 * cells of all pathways nest. Nets without scores rank by {@link maskConfidence}. Holds one image's predictions at a
 * time.
 *
 * @example
 * const regions = await prepareRegionNet(net)
 * for (const photo of photos) console.log(await regions.propose(photo, { limit: 100 }))
 */
export async function prepareRegionNet(net: RegionNet, engine: Engine = new EagerEngine()): Promise<PreparedRegionNet> {
  const prepared = await engine.prepare(net.model)
  const predict = async (image: Raster) => {
    const input = paddedInput(image, net)
    try {
      return await readOutputs(net, await prepared.run([input]), [input.shape[1], input.shape[2]])
    } finally {
      input.dispose()
    }
  }
  return {
    predict,
    propose: async (image, options) => proposalsOf(await predict(image), image, options),
    dispose: () => prepared.dispose(),
  }
}

/** The proposals of one image; {@link prepareRegionNet} for several. */
export async function proposeRegions(
  net: RegionNet,
  image: Raster,
  { engine, ...options }: ProposalOptions & { readonly engine?: Engine } = {},
): Promise<Proposal[]> {
  const prepared = await prepareRegionNet(net, engine)
  try {
    return await prepared.propose(image, options)
  } finally {
    prepared.dispose()
  }
}

type Outputs = Awaited<ReturnType<Awaited<ReturnType<Engine['prepare']>>['run']>>

async function readOutputs(
  net: RegionNet,
  outputs: Outputs,
  size: readonly [number, number],
): Promise<PathwayRegions[]> {
  const { pathways, scored } = net
  try {
    const values = await Promise.all(outputs.map((output) => output.data<'float32'>()))
    return pathways.map((pathway, p) => {
      const regions = pairArray({ ...pathway, grid: gridOf(pathway, size) }, values[p])
      return { regions, scores: scored ? values[pathways.length + p] : maskConfidence(regions) }
    })
  } finally {
    for (const output of outputs) output.dispose()
  }
}

/** `[1, H, W, C]` with zeros, the mean colour, up to the size that the net takes. */
function paddedInput(image: Raster, { pathways, preprocessing }: RegionNet): Tensor4D {
  const input = preprocess(image, preprocessing)
  const unit = sizeUnit(pathways)
  const missing = [image.height, image.width].map((length) => (unit - (length % unit)) % unit)
  if (missing.every((count) => count === 0)) return input
  const padded = pad(input, [
    [0, 0],
    [0, missing[0]],
    [0, missing[1]],
    [0, 0],
  ])
  input.dispose()
  return padded
}
