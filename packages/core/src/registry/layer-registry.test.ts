import type { Tensor } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { identityMap } from '../geometry/spatial-map.js'
import { Convolution, convolutionLayer } from '../layers/convolution.js'
import { coreLayers } from '../layers/core-layers.js'
import { type LayerClass, type LayerPlugin, PixelwiseLayer, type Shape } from '../layers/pixelwise-layer.js'
import { LayerRegistry } from './layer-registry.js'

abstract class Unchanged extends PixelwiseLayer {
  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([x]: Tensor[]): Tensor {
    return x
  }
}

const plugin = (layer: LayerClass): LayerPlugin => ({ layer, spatialMap: () => identityMap })

test('lists may overlap: a layer that is added twice is there once', () => {
  const registry = new LayerRegistry(coreLayers, [convolutionLayer])
  expect(registry.get('Pixelwise>Convolution')).toBe(convolutionLayer)
  expect(registry.names()).toHaveLength(coreLayers.length)
})

test('a name that another class has in tfjs is refused, and the layer is not kept', () => {
  new LayerRegistry([convolutionLayer])
  class Impostor extends Unchanged {
    static readonly className = 'Pixelwise>Convolution'
  }
  const registry = new LayerRegistry()
  expect(() => registry.add(plugin(Impostor))).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: className "Pixelwise>Convolution" already belongs to another class in tfjs: tfjs keeps one class per name and would overwrite the other silently; prefix it with your own name, or check that only one copy of the package is installed]`,
  )
  expect(registry.has('Pixelwise>Convolution')).toBe(false)
})

test('a second plugin of one name is refused', () => {
  const registry = new LayerRegistry([convolutionLayer])
  expect(() => registry.add(plugin(Convolution))).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: layer "Pixelwise>Convolution" is registered twice: a name stands for one thing; give one of the two another name, or build a separate registry]`,
  )
  expect(registry.get('Pixelwise>Convolution')).toBe(convolutionLayer)
})

test('a class needs a className of its own, which tfjs can load', () => {
  class Inheriting extends Convolution {}
  expect(() => new LayerRegistry([plugin(Inheriting)])).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: layer class Inheriting has no className of its own: models are saved by class name, and minifiers change constructor names; add: static readonly className = 'YourName>YourLayer']`,
  )
  class Underscored extends Unchanged {
    static readonly className = 'Tests>My_layer'
  }
  expect(() => new LayerRegistry([plugin(Underscored)])).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: className "Tests>My_layer" contains an underscore: tfjs rewrites underscores while loading, so such a layer never loads; call it "Tests>MyLayer"]`,
  )
})

test('an unknown layer lists the known ones and the nearest', () => {
  expect(() => new LayerRegistry([convolutionLayer]).get('Pixelwise>Convolutoin')).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: unknown layer "Pixelwise>Convolutoin": known: Pixelwise>Convolution; did you mean "Pixelwise>Convolution"?]`,
  )
})
