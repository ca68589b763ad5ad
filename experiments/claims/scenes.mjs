import { Rng } from '@pixelwise/core'
import { classList, objectKinds, synthesizeScene } from '@pixelwise/datasets'

const semantic = classList(['ground', ...Object.keys(objectKinds)], { ignoreLabel: 255 })
const geometric = classList(['ground', 'round', 'cornered'], { ignoreLabel: 255 })

/** The geometric label of each semantic one; outlines are void in both. */
const shapeOf = new Uint8Array(256).fill(255)
for (const [label, name] of semantic.names.entries()) {
  shapeOf[label] = name === 'ground' ? 0 : ['ball', 'ring'].includes(name) ? 1 : 2
}

/** Scenes with two labels per pixel, as SIFT Flow has: what a thing is, and of which shape. */
export function labelledScenes({ height, width, train, val }) {
  const rng = new Rng('scenes')
  const draw = (split, count) =>
    Array.from({ length: count }, (_, i) => {
      const { image, labels } = synthesizeScene(rng.split(`${split} ${i}`), { height, width })
      const shapes = { height, width, labels: labels.labels.map((label) => shapeOf[label]) }
      return { id: `${split} ${i}`, image, labels, geometric: shapes }
    })
  return { targets: { labels: semantic, geometric }, train: draw('train', train), val: draw('val', val) }
}
