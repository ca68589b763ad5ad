import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { progress } from './progress.js'
import { note, print } from './streams.js'

const isTTY = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY')
let written: string[] = []

beforeEach(() => {
  written = []
  vi.useFakeTimers({ now: 0 })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  if (isTTY) Object.defineProperty(process.stderr, 'isTTY', isTTY)
  else Reflect.deleteProperty(process.stderr, 'isTTY')
})

function stderrIs(terminal: 'terminal' | 'log') {
  Object.defineProperty(process.stderr, 'isTTY', { value: terminal === 'terminal', configurable: true })
}

/** What stood on the line of a terminal, one after the other. */
function lines(): string[] {
  return written
    .join('')
    .split('\r\u001b[2K')
    .flatMap((text) => text.split(/(?<=\n)/))
    .filter((text) => text !== '')
}

describe('on a terminal', () => {
  test('one line rewrites itself with rate and time left, and stays in the end', () => {
    stderrIs('terminal')
    const show = progress('labelling')
    for (const [second, done] of [
      [0, 0],
      [0.05, 1],
      [40, 480],
      [833, 10_000],
    ]) {
      vi.setSystemTime(1000 * second)
      show(done, 10_000)
    }
    expect(lines()).toEqual([
      'labelling 0/10,000',
      'labelling 480/10,000  12 images/s  13m13s left',
      'labelling 10,000/10,000  12 images/s\n',
    ])
  })

  test('a warning or a result takes the place of the line, which comes again below it', () => {
    stderrIs('terminal')
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
    const show = progress('labelling')
    show(1, 9)
    note('warning: a.png is damaged')
    vi.setSystemTime(1000)
    show(2, 9)
    print('2 images labelled')
    stdout.mockRestore()
    expect(lines()).toEqual([
      'labelling 1/9',
      'warning: a.png is damaged\n',
      'labelling 2/9  1 images/s  7s left',
      '2 images labelled\n',
    ])
  })

  test('what has no known end has a rate alone', () => {
    stderrIs('terminal')
    const show = progress('downloading vgg16', 'MB')
    show(100, 0)
    vi.setSystemTime(4000)
    show(130, 0)
    note('wrote vgg16')
    expect(lines()).toEqual(['downloading vgg16 100', 'downloading vgg16 130  7.5 MB/s', 'wrote vgg16\n'])
  })
})

describe('in a log', () => {
  test('a plain line every twentieth of long work', () => {
    stderrIs('log')
    const show = progress('scoring')
    for (let done = 0; done <= 100; done++) {
      vi.setSystemTime(4000 * done)
      show(done, 100)
    }
    expect(written.slice(0, 2)).toEqual([
      'scoring 5/100  0.25 images/s  6m20s left\n',
      'scoring 10/100  0.25 images/s  6m00s left\n',
    ])
    expect(written).toHaveLength(20)
  })

  test('every ten seconds where twentieths come faster, and nothing of work that is done by then', () => {
    stderrIs('log')
    const show = progress('scoring')
    for (let done = 0; done <= 100; done++) {
      vi.setSystemTime(250 * done)
      show(done, 100)
    }
    expect(written).toEqual(['scoring 40/100  4 images/s  15s left\n', 'scoring 80/100  4 images/s  5s left\n'])
  })
})
