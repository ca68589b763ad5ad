import { Convolution, PixelwiseError } from '@pixelwise/core'
import { zeros } from '@tensorflow/tfjs-core'
import type { LayersModel, layers } from '@tensorflow/tfjs-layers'

/**
 * Starts a finer net from a coarser one: FCN-16s from a trained FCN-32s, FCN-8s from FCN-16s.
 *
 * Every layer with weights in the coarser net gives them to the finer net's layer of its name; new scorers become zero,
 * so that their skip adds nothing yet. What remains new is upsampling: the finer net interpolates in two steps where the
 * coarser does it in one. Both agree wherever scores change linearly from cell to cell; elsewhere they agree exactly for
 * all pixels at least a quarter of the coarser stride away, in rows and in columns, from the nearest centre of a coarse
 * cell. Nearer, the straight line between two finer cells cuts the corner of the interpolation: by at most an eighth of
 * the largest second difference of the cells' scores along rows, plus that along columns.
 *
 * Changes `finer` and returns it; the weights are its own. Throws `upgrade/missing-layer` and `upgrade/shapes-differ`
 * where the finer net is not an extension of the coarser.
 * Source: Long 2016, §3.3.2.
 */
export function upgrade(coarser: LayersModel, finer: LayersModel): LayersModel {
  const given = new Map(withWeights(coarser).map((layer) => [layer.name, layer]))
  const taking = new Map(withWeights(finer).map((layer) => [layer.name, layer]))
  for (const [name, from] of given) checkPair(from, taking.get(name), finer)
  for (const [name, to] of taking) {
    const from = given.get(name)
    if (from !== undefined) to.setWeights(from.getWeights())
    else if (to instanceof Convolution && isScorer(to)) clear(to)
  }
  return finer
}

function withWeights(model: LayersModel): layers.Layer[] {
  return model.layers.filter((layer) => layer.weights.length > 0)
}

/** The scorers of skips are called after their taps; a convolution that fuses scores keeps its start. */
function isScorer({ name }: layers.Layer): boolean {
  return name.startsWith('score')
}

function clear(layer: layers.Layer): void {
  const nothing = layer.getWeights().map(({ shape }) => zeros(shape))
  layer.setWeights(nothing)
  for (const tensor of nothing) tensor.dispose()
}

function checkPair(from: layers.Layer, to: layers.Layer | undefined, finer: LayersModel): void {
  if (to === undefined) {
    throw new PixelwiseError('upgrade/missing-layer', {
      what: `${finer.name} has no layer ${from.name}, which has weights in the coarser net`,
      rule: 'a finer net has all layers of the coarser one',
      next: 'build both on the same backbone with the same options, the finer with a smaller stride',
    })
  }
  const [shapes, wanted] = [from, to].map((layer) =>
    layer
      .getWeights()
      .map(({ shape }) => `[${shape}]`)
      .join(' '),
  )
  if (shapes === wanted) return
  throw new PixelwiseError('upgrade/shapes-differ', {
    what: `${from.name} has weights ${shapes} in the coarser net and ${wanted} in the finer`,
    rule: 'layers of one name have weights of one shape',
    next: 'build both nets with the same classes and options',
  })
}
