import { PixelwiseError } from '@pixelwise/core'
import type { Box } from '@pixelwise/masks'

/** A window of an image, as a list for training or prediction names it. */
export interface ListedWindow {
  readonly image: string
  /** The file of the labels, where the list has one. */
  readonly labels?: string
  readonly box: Box
}

/**
 * Reads a list of windows: one to a line, `IMAGE X1 Y1 X2 Y2` or, as in the published lists for training,
 * `IMAGE LABELS X1 Y1 X2 Y2`. Corners are pixels from 0 on, both inside the window; they may lie outside of the image.
 *
 * Throws `deconvnet/bad-list`, naming the line.
 */
export function parseWindowList(text: string, name = 'windows'): ListedWindow[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    const words = line.trim().split(/\s+/)
    if (words[0] === '') return []
    const corners = words.slice(-4).map(Number)
    const [x1, y1, x2, y2] = corners
    const files = words.slice(0, -4)
    if (files.length < 1 || files.length > 2 || !corners.every(Number.isFinite)) {
      throw badLine(name, i, `"${line.trim().slice(0, 80)}"`)
    }
    if (x2 < x1 || y2 < y1) throw badLine(name, i, `corners ${x1} ${y1} and ${x2} ${y2}`)
    const [image, labels] = files
    const box = { x: x1, y: y1, width: x2 - x1 + 1, height: y2 - y1 + 1 }
    return [{ image, ...(labels !== undefined && { labels }), box }]
  })
}

function badLine(name: string, index: number, what: string): PixelwiseError {
  return new PixelwiseError('deconvnet/bad-list', {
    what: `${name}:${index + 1}: ${what}`,
    rule: 'a line is IMAGE X1 Y1 X2 Y2 or IMAGE LABELS X1 Y1 X2 Y2, the second corner right of and below the first',
    next: 'mend the line',
  })
}
