import type { LabelData } from '@pixelwise/masks'

/** What one pass over two label maps finds. */
export interface PairCounts {
  /** Pixels by (truth, prediction), row-major. */
  readonly counts: Uint32Array
  readonly ignored: number
  /** Pixels with a label outside 0..classes−1 that is not ignored. */
  readonly dropped: number
  /** Index of the first such pixel, or −1. */
  readonly firstOutOfRange: number
}

/** Counts pairs of labels. */
export function countPairs(
  truth: LabelData,
  prediction: LabelData,
  classes: number,
  ignoreLabel: number | null,
): PairCounts {
  const bytes = truth instanceof Uint8Array && prediction instanceof Uint8Array
  return bytes && truth.length >= worthTable
    ? countBytes(truth, prediction, classes, ignoreLabel)
    : countRuns(truth, prediction, classes, ignoreLabel)
}

/** Pixels from which a table of all pairs of bytes costs less than it saves. */
const worthTable = 2 ** 15

/**
 * Neighbouring pixels mostly carry the same pair, and an increment has to wait for the last one to the same address;
 * so equal neighbours are counted in a register and stored once per run.
 */
function countRuns(truth: LabelData, prediction: LabelData, classes: number, ignoreLabel: number | null): PairCounts {
  const counts = new Uint32Array(classes * classes)
  const ignore = ignoreLabel ?? Number.NaN
  const length = truth.length
  let ignored = 0
  let dropped = 0
  let firstOutOfRange = -1
  for (let i = 0; i < length; ) {
    const t = truth[i]
    const p = prediction[i]
    const start = i++
    while (i < length && truth[i] === t && prediction[i] === p) i++
    if (t === ignore) ignored += i - start
    else if (t >= 0 && t < classes && p >= 0 && p < classes) counts[t * classes + p] += i - start
    else {
      if (dropped === 0) firstOutOfRange = start
      dropped += i - start
    }
  }
  return { counts, ignored, dropped, firstOutOfRange }
}

/**
 * Labels of one byte are read four at a time and counted in a table of all pairs of bytes; which of them are classes
 * is asked once per pair, not once per pixel.
 */
function countBytes(
  truth: Uint8Array,
  prediction: Uint8Array,
  classes: number,
  ignoreLabel: number | null,
): PairCounts {
  const table = tabulate(truth, prediction)
  const counts = new Uint32Array(classes * classes)
  const known = Math.min(classes, 256)
  let ignored = 0
  let dropped = 0
  for (let t = 0; t < 256; t++) {
    for (let p = 0; p < 256; p++) {
      const pixels = table[t * 256 + p]
      if (pixels === 0) continue
      if (t === ignoreLabel) ignored += pixels
      else if (t < known && p < known) counts[t * classes + p] = pixels
      else dropped += pixels
    }
  }
  const wrong = (t: number, i: number) => t !== ignoreLabel && (t >= classes || prediction[i] >= classes)
  return { counts, ignored, dropped, firstOutOfRange: dropped === 0 ? -1 : truth.findIndex(wrong) }
}

function tabulate(truth: Uint8Array, prediction: Uint8Array): Uint32Array {
  // Two tables by turns, so that equal pairs need not wait for each other.
  const table = new Uint32Array(2 * 65_536)
  const whole = truth.length >> 2
  const truthWords = words(truth, whole)
  const predictionWords = words(prediction, whole)
  for (let i = 0; i < whole; ) {
    const t = truthWords[i]
    const p = predictionWords[i]
    const start = i++
    while (i < whole && truthWords[i] === t && predictionWords[i] === p) i++
    const times = i - start
    table[((t & 0xff) << 8) | (p & 0xff)] += times
    table[65_536 | (t & 0xff00) | ((p >>> 8) & 0xff)] += times
    table[((t >>> 8) & 0xff00) | ((p >>> 16) & 0xff)] += times
    table[65_536 | ((t >>> 16) & 0xff00) | (p >>> 24)] += times
  }
  for (let i = 4 * whole; i < truth.length; i++) table[(truth[i] << 8) | prediction[i]]++
  for (let i = 0; i < 65_536; i++) table[i] += table[65_536 + i]
  return table.subarray(0, 65_536)
}

/** Four labels to a word; labels that do not begin on a word's boundary are copied. */
function words(labels: Uint8Array, count: number): Uint32Array {
  const aligned = labels.byteOffset % 4 === 0 ? labels : labels.slice()
  return new Uint32Array(aligned.buffer, aligned.byteOffset, count)
}
