import {
  AveragePooling,
  Concatenation,
  Convolution,
  isModel,
  MaxPooling,
  PixelwiseError,
  type PoolingConfig,
  type Shape,
} from '@pixelwise/core'
import { reshape, type serialization, type Tensor, type Tensor4D, tidy, transpose } from '@tensorflow/tfjs-core'
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'

/**
 * Makes a classifier fully convolutional: the same weights, for images of any size, with scores per cell.
 *
 * Where the classifier flattens a map of h×w cells and connects it, a convolution of that size takes its place; later
 * connections become 1×1 convolutions, global pooling becomes pooling over h×w cells with stride 1; activations,
 * dropout and softmax work on each cell. At the native size the one cell is the classifier's output. On larger images
 * each cell is the classifier's output on the crop below it, stride by stride, as far as the net pads nothing: a padded
 * crop has zeros where the image has its surroundings.
 *
 * The classifier maps `[N, H, W, C]` of known H and W to `[N, K]` (one output or several); the result maps
 * `[N, h, w, C]`, h ≥ H and w ≥ W, to `[N, rows, columns, K]`, float32. It has copies of the layers under their names, with
 * weights of their own; the activation of a connected layer becomes a layer named after it. Orders that flatten may have
 * (`Permute` before it) are kept.
 * Throws `convolutionalize/no-rule` for a layer that works on flat features in no way that cells could, and
 * `convolutionalize/free-size` where the size of the map that is flattened is not known.
 * Source: Long 2016, §3.2.1.
 */
export function convolutionalize(classifier: LayersModel): LayersModel {
  const images = classifier.inputs.map(({ sourceLayer, shape }) =>
    input({ shape: [null, null, shape[3]], name: sourceLayer.name }),
  )
  const starts = images.map((cells, i) => asMap(cells, classifier.inputs[i].shape))
  const outputs = new Conversion().convert(classifier, starts)
  return model({ name: `${classifier.name}-convolutional`, inputs: images, outputs: outputs.map(({ cells }) => cells) })
}

/** What became of one of the classifier's tensors. */
interface Converted {
  readonly cells: SymbolicTensor
  /** The classifier's map `[N, H, W, C]`; of flat features, the map that was flattened. */
  readonly native: Shape
  /** The order of the map's axes in the classifier's tensor. */
  readonly order: Order
  readonly isFlat: boolean
}

/** The axes 0, 1, 2 of `[H, W, C]` in some order. */
type Order = readonly number[]
const rowsColumnsChannels: Order = [0, 1, 2]

class Conversion {
  readonly #copies = new Map<layers.Layer, layers.Layer>()
  readonly #activations = new Map<layers.Layer, layers.Layer>()

  /** Rebuilds a model, or a model within it, upon other inputs. */
  convert(net: LayersModel, inputs: readonly Converted[]): Converted[] {
    const done = new Map<SymbolicTensor, Converted>(net.inputs.map((tensor, i) => [tensor, inputs[i]]))
    const visit = (tensor: SymbolicTensor): Converted => {
      const known = done.get(tensor)
      if (known !== undefined) return known
      const converted = this.#convertTensor(tensor, tensor.inputs.map(visit))
      done.set(tensor, converted)
      return converted
    }
    return net.outputs.map(visit)
  }

  #convertTensor(tensor: SymbolicTensor, below: readonly Converted[]): Converted {
    const layer = tensor.sourceLayer
    if (isModel(layer)) return this.convert(layer, below)[tensor.outputTensorIndex ?? 0]
    return below[0].isFlat ? this.#convertFlat(layer, tensor, below) : this.#convertMap(layer, tensor, below)
  }

  #convertMap(layer: layers.Layer, tensor: SymbolicTensor, below: readonly Converted[]): Converted {
    const [first] = below
    const kind = layer.getClassName()
    if (kind === 'Flatten' || (kind === 'Reshape' && tensor.shape.length === 2)) return { ...first, isFlat: true }
    if (kind === 'Permute') return permuted(first, layer)
    if (first.order !== rowsColumnsChannels) throw noRule(layer, 'works on a map whose axes are permuted')
    if (kind === 'GlobalAveragePooling2D') return this.#poolAll(layer, first, (config) => new AveragePooling(config))
    if (kind === 'GlobalMaxPooling2D') return this.#poolAll(layer, first, (config) => new MaxPooling(config))
    return asMap(this.#applyCopy(layer, tensor, below), tensor.shape)
  }

  #convertFlat(layer: layers.Layer, tensor: SymbolicTensor, below: readonly Converted[]): Converted {
    const [first] = below
    const kind = layer.getClassName()
    if (kind === 'Flatten' || (kind === 'Reshape' && tensor.shape.length === 2)) return first
    if (kind === 'Dense') return this.#connect(layer, first)
    if (cellwise.has(kind) && below.every((one) => hasLayoutOf(first, one))) {
      if (!isOneCell(first) && isSoftmax(layer)) throw noRule(layer, 'compares the features of several cells')
      return { ...first, cells: this.#applyCopy(layer, tensor, below) }
    }
    if (!below.every(isOneCell)) throw noRule(layer, 'works on the flattened features of several cells')
    if (kind === 'Concatenate') return this.#concatenate(layer, below)
    if (kind === 'Reshape') return asMap(first.cells, tensor.shape)
    if (channelwise.has(kind)) return { ...first, cells: this.#applyCopy(layer, tensor, below) }
    throw noRule(layer, 'works on flat features')
  }

  /** A connected layer becomes a convolution with the window that was flattened: a map, or one cell. */
  #connect(layer: layers.Layer, { cells, native, order }: Converted): Converted {
    const { units, useBias, activation } = layer.getConfig() as { units: number; useBias: boolean; activation: string }
    const [height, width, channels] = knownSizes(native, layer)
    const kernel = [height, width] as const
    const { name, trainable } = layer
    const convolution = this.#copyOf(
      layer,
      () => new Convolution({ filters: units, kernel, bias: useBias, start: 'zeros', name, trainable }),
    )
    const scores = convolution.apply(cells) as SymbolicTensor
    const [weights, ...bias] = layer.getWeights()
    const filter = asFilter(weights, [height, width, channels], order)
    convolution.setWeights([filter, ...bias])
    filter.dispose()
    return oneCell(activation === 'linear' ? scores : this.#activate(layer, activation, scores), units)
  }

  #activate(layer: layers.Layer, kind: string, scores: SymbolicTensor): SymbolicTensor {
    // The layer's own configuration named the activation, so it is one that tfjs knows.
    const config = { activation: kind as 'relu', name: `${layer.name}_${kind}` }
    const activation = this.#activations.get(layer) ?? layers.activation(config)
    this.#activations.set(layer, activation)
    return activation.apply(scores) as SymbolicTensor
  }

  #poolAll(
    layer: layers.Layer,
    { cells, native }: Converted,
    build: (config: NamedPooling) => layers.Layer,
  ): Converted {
    const [height, width, channels] = knownSizes(native, layer)
    const pooling = this.#copyOf(layer, () => build({ window: [height, width], stride: 1, name: layer.name }))
    return oneCell(pooling.apply(cells) as SymbolicTensor, channels)
  }

  #concatenate(layer: layers.Layer, below: readonly Converted[]): Converted {
    const joining = this.#copyOf(layer, () => new Concatenation({ name: layer.name }))
    const cells = joining.apply(below.map((one) => one.cells)) as SymbolicTensor
    return oneCell(cells, cells.shape[3]!)
  }

  /** Applies a layer like this one, with the same weights. */
  #applyCopy(layer: layers.Layer, tensor: SymbolicTensor, below: readonly Converted[]): SymbolicTensor {
    const copy = this.#copyOf(layer, () => likeness(layer, below[0].isFlat))
    const cells = below.map((one) => one.cells)
    const outputs = [copy.apply(cells.length === 1 ? cells[0] : cells)].flat() as SymbolicTensor[]
    copy.setWeights(layer.getWeights())
    return outputs[tensor.outputTensorIndex ?? 0]
  }

  /** One copy per layer, however often the classifier uses it; its first weights are not drawn, as others follow. */
  #copyOf(layer: layers.Layer, build: () => layers.Layer): layers.Layer {
    const known = this.#copies.get(layer)
    if (known !== undefined) return known
    const copy = build()
    copy.setFastWeightInitDuringBuild(true)
    this.#copies.set(layer, copy)
    return copy
  }
}

type NamedPooling = PoolingConfig & { readonly name: string }

/** Layers that act on each value alone; on maps they are the same. */
const cellwise = new Set([
  ...['Activation', 'ReLU', 'LeakyReLU', 'ELU', 'ThresholdedReLU', 'Softmax'],
  ...['Dropout', 'AlphaDropout', 'GaussianDropout', 'GaussianNoise', 'Pixelwise>Dropout'],
  ...['Add', 'Average', 'Maximum', 'Minimum', 'Multiply'],
])

/** Layers with weights per feature: per channel, once the features are those of one cell. */
const channelwise = new Set(['BatchNormalization', 'Pixelwise>BatchNormalization', 'Pixelwise>ChannelScale'])

function asMap(cells: SymbolicTensor, native: Shape): Converted {
  return { cells, native, order: rowsColumnsChannels, isFlat: false }
}

function oneCell(cells: SymbolicTensor, channels: number): Converted {
  return { cells, native: [null, 1, 1, channels], order: rowsColumnsChannels, isFlat: true }
}

function isOneCell({ native }: Converted): boolean {
  return native[1] === 1 && native[2] === 1
}

function hasLayoutOf(one: Converted, other: Converted): boolean {
  const layout = ({ native, order, isFlat }: Converted) => `${isFlat} ${native.slice(1)} ${order}`
  return layout(one) === layout(other)
}

function isSoftmax(layer: layers.Layer): boolean {
  return layer.getClassName() === 'Softmax' || layer.getConfig().activation === 'softmax'
}

function permuted(map: Converted, layer: layers.Layer): Converted {
  const { dims } = layer.getConfig() as { dims: number[] }
  return { ...map, order: dims.map((axis) => map.order[axis - 1]) }
}

/** The weights `[h·w·c, units]` of a connected layer as a filter `[h, w, c, units]`. */
function asFilter(weights: Tensor, sizes: readonly number[], order: Order): Tensor4D {
  return tidy(() => {
    const [first, second, third] = order.map((axis) => sizes[axis])
    const unfolded: Tensor4D = reshape(weights, [first, second, third, weights.shape[1]!])
    return order === rowsColumnsChannels
      ? unfolded
      : transpose(unfolded, [...rowsColumnsChannels.map((axis) => order.indexOf(axis)), 3])
  })
}

/** A layer of the same configuration; one that works along the axis of flat features works along channels. */
function likeness(layer: layers.Layer, isFlat: boolean): layers.Layer {
  const { batchInputShape: _ofTheClassifier, ...config } = layer.getConfig()
  const moved = isFlat && 'axis' in config ? { ...config, axis: -1 } : config
  // Every layer class makes a layer from its own configuration; the type of `constructor` does not say so.
  const layerClass = layer.constructor as unknown as serialization.SerializableConstructor<layers.Layer>
  return layerClass.fromConfig(layerClass, moved)
}

function knownSizes([, height, width, channels]: Shape, layer: layers.Layer): [number, number, number] {
  if (height !== null && width !== null && channels !== null) return [height, width, channels]
  throw new PixelwiseError('convolutionalize/free-size', {
    what: `${layer.name} reads a map of ${height ?? '?'}×${width ?? '?'} cells`,
    rule: 'the window of the convolution is the map at the size the classifier was trained on',
    next: 'build the classifier for that size: input shape [height, width, channels] without null',
  })
}

function noRule(layer: layers.Layer, why: string): PixelwiseError {
  return new PixelwiseError('convolutionalize/no-rule', {
    what: `${layer.name} (${layer.getClassName()}) ${why}`,
    rule: 'what follows a flattening must be connected, activated, dropped out or joined cell by cell',
    next: 'end the classifier before this layer, or put a convolution in its place',
  })
}
