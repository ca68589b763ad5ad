import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { compose, type LayerPlugin, type PixelwiseLayer, type SpatialMap, useBackend, windowMap } from '@pixelwise/core'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { regionClosureLayer } from './region-closure.js'
import { regionProductLayer } from './region-product.js'
import { regionSymmetryLayer } from './region-symmetry.js'
import { RegionTranspose, regionTransposeLayer } from './region-transpose.js'

beforeAll(async () => {
  await useBackend('cpu')
})

/** The region in the middle of 15×17 cells, of which no window sticks out. */
const grid = [15, 17] as const
const centre = [7, 8] as const

const cases: readonly (readonly [LayerPlugin, object, readonly number[]])[] = [
  [regionTransposeLayer, {}, [3]],
  [regionTransposeLayer, {}, [4]],
  [regionTransposeLayer, { origin: 0 }, [4]],
  [regionProductLayer, {}, [3, 4]],
  [regionProductLayer, { origins: [3, 0] }, [4, 2]],
  [regionSymmetryLayer, {}, [3]],
  [regionSymmetryLayer, {}, [4]],
  [regionClosureLayer, { squarings: 0 }, [3]],
  [regionClosureLayer, { squarings: 2 }, [3]],
  [regionClosureLayer, { squarings: 2, crop: 'full' }, [3]],
  [regionClosureLayer, { squarings: 1, crop: 'full' }, [4]],
]

describe('layers look at the cells that their geometry says', () => {
  test.each(cases.map(([plugin, config, windows]) => ({ name: plugin.layer.className, plugin, config, windows })))(
    '$name, $config, windows $windows',
    ({ plugin, config, windows }) => {
      const layer = new plugin.layer(config) as PixelwiseLayer
      const inputs = windows.map((window, i) => seededTensor([1, ...grid, window ** 2], `input ${i}`))
      const maps = [
        plugin.spatialMap(
          layer,
          inputs.map(({ shape }) => shape),
        ),
      ].flat() as SpatialMap[]
      for (const [which, map] of maps.entries()) {
        const ofCentre = (value: tf.Tensor) => {
          const given = inputs.map((input, i) => (i === which ? value : input))
          const output = layer.apply(given.length === 1 ? given[0] : given) as tf.Tensor
          return tf.sum(tf.slice(output, [0, ...centre, 0], [1, 1, 1, -1]))
        }
        const gradient = tf.grad(ofCentre)(inputs[which])
        const seen = tf.sum(tf.abs(gradient), [0, 3]).arraySync() as number[][]
        const rows = seen.flatMap((line, row) => (line.some((value) => value > 0) ? [row] : []))
        const columns = seen[0].flatMap((_, column) => (seen.some((line) => line[column] > 0) ? [column] : []))
        expect([rows, columns]).toEqual([cellsOf(map.rows, centre[0]), cellsOf(map.columns, centre[1])])
      }
    },
  )

  function cellsOf({ kernel, offset }: SpatialMap['rows'], at: number): number[] {
    return Array.from({ length: kernel }, (_, i) => at + offset - (kernel - 1) / 2 + i)
  }
})

test.each([
  ['conv2_2', 2, 14, 5, 14, 48],
  ['conv3_3', 4, 40, 5, 14, 108],
  ['conv4_3', 8, 92, 9, 18, 292],
  ['conv5_3', 16, 196, 9, 18, 596],
  ['fc6', 32, 404, 9, 18, 1204],
])(
  'the transpose widens what regions of %s see beyond their windows',
  (_tap, stride, features, kernel, window, seen) => {
    const featureMap = windowMap({ kernel: features, stride })
    const predicted = compose(windowMap({ kernel, pad: (kernel - 1) / 2 }), featureMap)
    const map = regionTransposeLayer.spatialMap(new RegionTranspose({}), [
      [null, null, null, window ** 2],
    ]) as SpatialMap
    expect(compose(map, predicted).rows).toMatchObject({ kernel: seen, stride })
  },
)
