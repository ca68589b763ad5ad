import { PixelwiseError } from '@pixelwise/core'
import { concat, mean, slice, type Tensor, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import type { LayersModel, layers } from '@tensorflow/tfjs-layers'
import type { WeightOrigin } from './recipe.js'

/**
 * Gives a net the weights of another, layer by layer, as a recipe's `initialisation` says; the weights are copies.
 *
 * A layer takes the weights of the origin's layer of its name (less the suffix), of the same shape; a layer to widen
 * takes them for its first input channels and the mean over these for each further one: colour filters look at depth.
 * What the origin lacks stays as it is, such as new scorers.
 *
 * Returns the names of the layers that took weights. Throws `initialise/nothing-copied`, and `initialise/shapes-differ`.
 * Source: Long 2016, §3.4.2; the surgery and solve scripts of the reference code.
 */
export function initialise(model: LayersModel, from: LayersModel, origin: Omit<WeightOrigin, 'from'> = {}): string[] {
  const given = new Map(withWeights(from).map((layer) => [layer.name, layer]))
  const copied = withWeights(model).filter((layer) => {
    const source = given.get(nameInOrigin(layer.name, origin))
    if (source !== undefined) copyLayer(layer, source, origin.widen?.includes(layer.name) ?? false)
    return source !== undefined
  })
  if (copied.length > 0) return copied.map(({ name }) => name)
  throw new PixelwiseError('initialise/nothing-copied', {
    what: `no layer of ${model.name} is called as one of ${from.name}${origin.suffix ? ` with the ending "${origin.suffix}"` : ''}`,
    rule: 'layers find their weights by name',
    next: 'pass the net that the recipe names as its origin, or names and suffix that fit',
  })
}

function nameInOrigin(name: string, { suffix = '', names = {} }: Omit<WeightOrigin, 'from'>): string {
  if (Object.hasOwn(names, name)) return names[name]
  return name.endsWith(suffix) ? name.slice(0, name.length - suffix.length) : ''
}

function withWeights({ layers: all }: LayersModel): layers.Layer[] {
  return all.filter(({ weights }) => weights.length > 0)
}

function copyLayer(layer: layers.Layer, source: layers.Layer, widens: boolean): void {
  const [wanted, stored] = [layer, source].map((one) => one.getWeights())
  tidy(() => {
    const fitting = wanted.map((weight, i) => fit(weight, stored[i], widens))
    if (fitting.length === stored.length && fitting.every((weight) => weight !== undefined)) {
      layer.setWeights(fitting)
      return
    }
    const shapes = (weights: readonly Tensor[]) => weights.map(({ shape }) => `[${shape}]`).join(' ')
    throw new PixelwiseError('initialise/shapes-differ', {
      what: `${layer.name} has weights ${shapes(wanted)}, ${source.name} of the origin ${shapes(stored)}`,
      rule: 'layers that take weights have those of the origin, or more input channels where they are to be widened',
      next: 'build both nets with the same width and classes, or rename the layer so that it keeps its own',
    })
  })
}

/** The origin's weight in the shape wanted; undefined where it does not go in. */
function fit(wanted: Tensor, stored: Tensor | undefined, widens: boolean): Tensor | undefined {
  if (stored === undefined || wanted.shape.length !== stored.shape.length) return undefined
  const differs = wanted.shape.map((size, axis) => size !== stored.shape[axis])
  if (!differs.includes(true)) return stored
  if (!widens || differs.join() !== 'false,false,true,false') return undefined
  const more = (wanted as Tensor4D).shape[2] - (stored as Tensor4D).shape[2]
  if (more < 0) return undefined
  const average = mean(stored, 2, true) as Tensor4D
  return concat([stored as Tensor4D, ...Array.from({ length: more }, () => slice(average, [0, 0, 0, 0]))], 2)
}
