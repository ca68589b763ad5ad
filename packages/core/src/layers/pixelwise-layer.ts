import type { Tensor } from '@tensorflow/tfjs-core'
import { type serialization, tidy } from '@tensorflow/tfjs-core'
import { layers } from '@tensorflow/tfjs-layers'
import type { SpatialMap } from '../geometry/spatial-map.js'

/** A tensor shape; null stands for a size that is free until the data comes. */
export type Shape = (number | null)[]

/** Configuration values that survive tfjs's save and load unchanged; see {@link PixelwiseLayer}. */
export type ConfigValue = number | boolean | null | string | { readonly name: string } | readonly ConfigValue[]

/**
 * Base class of our layers: a `tf.layers.Layer` whose configuration is a plain object and whose computation is one
 * function of tensors.
 *
 * A subclass states `static className = 'Pixelwise>Name'` (or its own `Publisher>Name`), `inferShape` and
 * `forward`; one with weights creates them in `build`. Inputs and output shapes always come as lists, so that layers
 * of one and of many inputs read alike. `forward` runs inside a tidy: the caller owns only the result.
 *
 * tfjs rewrites configurations while saving: keys and strings pass through snake case and camel case (`"BGR"` becomes
 * `"bgr"`), undefined and Infinity become null. So a configuration holds numbers, booleans, lower-case words without
 * separators, lists of these, or `{ name: 'Any_String' }`, whose value tfjs leaves alone.
 */
export abstract class PixelwiseLayer<Config extends object = Record<never, never>> extends layers.Layer {
  readonly config: Config

  constructor(args: Config & LayerArguments) {
    const {
      name,
      trainable,
      inputShape,
      batchInputShape,
      dtype,
      weights,
      inputDType,
      batchSize,
      updatable,
      customObjects: _addedByTfjsWhileLoading,
      ...config
    } = args as LayerArguments & Record<string, unknown>
    super(
      definedOnly({
        name: name ?? defaultName((new.target as unknown as LayerClass).className),
        trainable,
        inputShape,
        batchInputShape,
        dtype,
        weights,
        inputDType,
        batchSize,
        updatable,
      }),
    )
    this.config = config as Config
  }

  /** Output shape from input shapes, `[N, H, W, C]`; sizes that are null stay null. A list for several outputs. */
  abstract inferShape(inputs: Shape[]): Shape | Shape[]

  /** The layer's function. `training` is true inside a training step. */
  abstract forward(inputs: Tensor[], training: boolean): Tensor | Tensor[]

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return this.inferShape(asShapes(inputShape))
  }

  override call(inputs: Tensor | Tensor[], kwargs: { training?: boolean } = {}): Tensor | Tensor[] {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs)
      return this.forward(Array.isArray(inputs) ? inputs : [inputs], kwargs.training === true)
    })
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), ...this.config }
  }
}

/** What every tfjs layer accepts beside its own configuration. */
export interface LayerArguments {
  readonly name?: string
  readonly trainable?: boolean
  readonly inputShape?: Shape
  readonly batchInputShape?: Shape
  readonly dtype?: 'float32' | 'int32' | 'bool'
  readonly weights?: Tensor[]
  readonly inputDType?: 'float32' | 'int32' | 'bool'
  readonly batchSize?: number
  readonly updatable?: boolean
}

/** A layer class: constructible from its saved configuration, known by its `className`. */
export interface LayerClass<L extends layers.Layer = layers.Layer> {
  // biome-ignore lint/suspicious/noExplicitAny: tfjs builds layers from untyped JSON.
  new (config: any): L
  readonly className: string
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  fromConfig?: any
}

/**
 * A layer and where it looks.
 *
 * `spatialMap` gives the geometry of one layer instance: one map for all its inputs, or one per input, null for an
 * input whose values do not matter (a reference that only gives a size) or whose position is lost (flatten, global
 * pooling). `inputShapes` are the shapes the layer was built for; sizes may be null.
 */
export interface LayerPlugin<L extends layers.Layer = layers.Layer> {
  readonly layer: LayerClass<L>
  /** Where the output cells of one instance look in its inputs. */
  spatialMap(layer: L, inputShapes: Shape[]): LayerGeometry

  /** Multiply-adds of one forward pass at these shapes; layers without products of weights leave it out. */
  multiplyAdds?(layer: L, inputShapes: Shape[], outputShape: Shape): number
}

/** Where a layer looks: one map for all its inputs, or one per input; null where position is lost or values are unused. */
export type LayerGeometry = SpatialMap | null | readonly (SpatialMap | null)[]

/** A layer's input shapes as a list, whatever tfjs passes. */
export function asShapes(shape: Shape | Shape[]): Shape[] {
  return Array.isArray(shape[0]) ? (shape as Shape[]) : [shape as Shape]
}

/** `Pixelwise>CropLike` → `crop_like_3`; tfjs itself would build an illegal tensor name from the `>`. */
function defaultName(className: string): string {
  const plain = className.replace(/^.*>/, '')
  const snake = plain.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
  const count = (instances.get(snake) ?? 0) + 1
  instances.set(snake, count)
  return `${snake}_${count}`
}

const instances = new Map<string, number>()

function definedOnly<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T
}
