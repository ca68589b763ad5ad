import { describe, expect, test } from 'vitest'
import { classList } from '../classes/class-list.js'
import { validateLabels } from './validate-labels.js'

const classes = classList(['background', 'cat', 'dog'])

describe('validateLabels', () => {
  test.each([Uint8Array, Uint16Array])('finds a wrong %o at every place, whatever the neighbours are', (Labels) => {
    for (const offset of [0, 1, 2, 3]) {
      for (let wrong = 0; wrong < 22; wrong++) {
        const labels = new Labels(22 + offset).subarray(offset)
        labels.fill(1)
        labels.set([255, 2, 0], 5)
        expect(() => validateLabels({ height: 2, width: 11, labels }, classes, 'a.png')).not.toThrow()
        labels[wrong] = 3
        expect(() => validateLabels({ height: 2, width: 11, labels }, classes, 'a.png')).toThrow(
          `label 3 at (${Math.floor(wrong / 11)}, ${wrong % 11}) of a.png: expected 0..2 or 255 (ignore); pass the right classes or run "pixelwise datasets check"`,
        )
      }
    }
  })
})
