import { expect, test } from 'vitest'
import type { StepEvent } from '../train-options.js'
import { type ProgressOptions, progressBar } from './progress-bar.js'

const event = (step: number, steps = 200): StepEvent => ({
  step,
  steps,
  loss: 1,
  averageLoss: 0.123456,
  learningRate: 1e-10,
  examples: 4,
  milliseconds: 1,
  dataMilliseconds: 1,
})

/** Runs a bar over some steps, one second each, and returns all that it wrote. */
function written(steps: readonly number[], options: ProgressOptions, terminal: { isTTY: boolean; columns?: number }) {
  const texts: string[] = []
  let clock = 0
  const stream = { ...terminal, write: (text: string) => texts.push(text) }
  const progress = progressBar({ now: () => clock, ...options, stream })
  for (const step of steps) {
    clock = step * 1000
    progress.step(event(step))
  }
  progress.end()
  return texts
}

test('on a terminal one line redraws itself and is ended once', () => {
  expect(written([1, 50, 200], { colour: false }, { isTTY: true, columns: 80 })).toEqual([
    '\r\x1b[2K────────────────────────────── 1/200  loss 0.1235  rate 1e-10  … left',
    '\r\x1b[2K━━━━━───────────── 50/200  loss 0.1235  rate 1e-10  0.0816 images/s  2m30s left',
    '\r\x1b[2K━━━━━━━━━━━━━━━━━━━━ 200/200  loss 0.1235  rate 1e-10  0.0402 images/s  0s left',
    '\n',
  ])
})

test('colour is only for terminals that want it', () => {
  const green = '\x1b[32m'
  expect(written([1], { colour: true }, { isTTY: true }).join('')).toContain(green)
  expect(written([1], { colour: false }, { isTTY: true }).join('')).not.toContain(green)
  expect(written([20], { colour: true }, { isTTY: false }).join('')).not.toContain('\x1b')
  process.env.NO_COLOR = '1'
  expect(written([1], {}, { isTTY: true }).join('')).not.toContain(green)
  delete process.env.NO_COLOR
})

test('a narrow terminal keeps the numbers and drops the bar', () => {
  const [line] = written([50], { colour: false }, { isTTY: true, columns: 40 })
  expect(line).toBe('\r\x1b[2K50/200  loss 0.1235  rate 1e-10  … left')
})

test('does not redraw more than ten times a second, except for the end', () => {
  const texts: string[] = []
  const progress = progressBar({
    now: () => 0,
    colour: false,
    stream: { isTTY: true, write: (text) => texts.push(text) },
  })
  for (const step of [1, 2, 3, 200]) progress.step(event(step))
  expect(texts).toHaveLength(2)
})

test('elsewhere plain lines come every so many steps and at the end', () => {
  expect(written([1, 2, 50, 100, 150, 199, 200], { every: 100 }, { isTTY: false })).toEqual([
    'step 100/200  loss 0.1235  rate 1e-10  0.121 images/s  1m40s left\n',
    'step 200/200  loss 0.1235  rate 1e-10  0.121 images/s  0s left\n',
  ])
  const all = Array.from({ length: 200 }, (_, i) => i + 1)
  expect(written(all, {}, { isTTY: false })).toHaveLength(20)
})
