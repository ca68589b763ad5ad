import { Convolution, PixelwiseError } from '@pixelwise/core'
import { type LayersModel, type layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { LocalMatrix } from '../layers/local-matrix.js'
import { SubsampledRegions } from '../layers/subsampled-regions.js'
import type { RegionNet, RegionPathway } from './region-net.js'

/**
 * The same net with fewer regions: of every pathway, every `step`-th row and column of centres; only these are computed.
 *
 * Cells, windows and weights stay, so that the regions are exactly those of the net itself. The trunk's layers are shared
 * with it; the pathways' are copies, which the caller may dispose.
 * Throws `regions/bad-step` for a net that is thinned out already.
 * Source: Long 2016, §4.4.5, Table 4.2: strides 2, 4, 6, 8 and 16 at the lowest layer are the steps 1, 2, 3, 4 and 8.
 */
export function changeStep(net: RegionNet, step: number): RegionNet {
  checkStep(net, step)
  if (step === 1) return net
  const regions = net.pathways.map((pathway) => thinned(net.model, pathway, step))
  const scores = net.scored ? net.pathways.map(({ name }) => strided(net.model, `${name}/score`, step)) : []
  return {
    ...net,
    model: model({ name: `${net.model.name}-step${step}`, inputs: net.model.inputs, outputs: [...regions, ...scores] }),
    pathways: net.pathways.map((pathway) => ({ ...pathway, step })),
  }
}

function thinned(of: LayersModel, { name, window, origin }: RegionPathway, step: number): SymbolicTensor {
  const isTransposed = of.layers.some((layer) => layer.name === `${name}/transpose`)
  const predicted = isTransposed
    ? copyOf(of, `${name}/regions`, (layer) => {
        const { kernel } = (layer as Convolution).config
        return new SubsampledRegions({ window, kernel: kernel as number, step, origin, name: layer.name })
      })
    : strided(of, `${name}/regions`, step)
  const matrix = of.layers.find((layer) => layer.name === `${name}/matrix`)
  if (matrix === undefined) return predicted
  return withWeights(new LocalMatrix({ ...(matrix as LocalMatrix).config, name: matrix.name }), predicted, matrix)
}

function strided(of: LayersModel, name: string, step: number): SymbolicTensor {
  return copyOf(of, name, (layer) => new Convolution({ ...(layer as Convolution).config, stride: step, name }))
}

/** Another layer in the place of the one of that name, with its weights. */
function copyOf(of: LayersModel, name: string, build: (layer: layers.Layer) => layers.Layer): SymbolicTensor {
  const layer = of.getLayer(name)
  return withWeights(build(layer), layer.input as SymbolicTensor, layer)
}

function withWeights(layer: layers.Layer, input: SymbolicTensor, from: layers.Layer): SymbolicTensor {
  const output = layer.apply(input) as SymbolicTensor
  layer.setWeights(from.getWeights())
  return output
}

function checkStep({ pathways }: RegionNet, step: number): void {
  const before = pathways.find((pathway) => pathway.step !== 1)
  if (before === undefined && Number.isInteger(step) && step >= 1) return
  throw new PixelwiseError('regions/bad-step', {
    what: before === undefined ? `step ${step}` : `step ${step} of a net with step ${before.step}`,
    rule: 'a step is a whole number of cells, from 1, and counts from the net with all regions',
    next: 'thin out the net that was trained, once',
  })
}
