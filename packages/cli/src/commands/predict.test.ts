import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import { saveModel } from '@pixelwise/core/node'
import { decodeLabels, encodeNpy, encodePng } from '@pixelwise/datasets'
import { readLabels, readNpy } from '@pixelwise/datasets/node'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runMain, temporaryFolder } from '../../test-support/run-main.js'

const shared = mkdtempSync(join(tmpdir(), 'pixelwise-predict-'))
const model = join(shared, 'model')
const photos = join(shared, 'photos')
afterAll(() => rmSync(shared, { recursive: true, force: true }))

/** Class 0 where a pixel is red, 1 where it is green, 2 where it is blue: the scores are the colours. */
beforeAll(async () => {
  await tf.setBackend('cpu')
  const score = tfl.layers.conv2d({
    inputShape: [null, null, 3],
    filters: 3,
    kernelSize: 1,
    useBias: false,
    name: 'score',
  })
  const net = tfl.sequential({ layers: [score] })
  const identity = tf.reshape(tf.eye(3), [1, 1, 3, 3])
  score.setWeights([identity])
  await saveModel(net, model, {
    description: {
      preprocessing: { inputKind: 'rgb', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] },
      classes: ['red', 'green', 'blue'],
      palette: [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
      ],
    },
  })
  tf.dispose([identity])
  net.dispose()
  mkdirSync(join(photos, 'more'), { recursive: true })
  for (const [i, name] of ['a.png', 'b.png', 'c.png', 'more/d.png'].entries())
    writeFileSync(join(photos, name), picture(i))
})

/** 2×3 pixels, the class of pixel p being (p + shift) mod 3. */
function picture(shift: number, height = 2, width = 3): Uint8Array {
  const data = new Uint8Array(height * width * 3)
  for (let p = 0; p < height * width; p++) data[3 * p + ((p + shift) % 3)] = 200
  return encodePng({ height, width, channels: 3, data })
}

const predict = (...argv: string[]) => runMain('predict', '--model', model, '--engine', 'cpu', ...argv)

test('labels a folder and all below it: indexed label maps in the colours of the model, overlays, scores', async () => {
  const out = temporaryFolder()
  const { code, stdout, stderr } = await predict(photos, '--out', out, '--save', 'labels,overlay,scores')
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `4 images labelled, into ${out}\n`, stderr: '' })
  for (const [product, ending] of [
    ['labels', 'png'],
    ['overlay', 'png'],
    ['scores', 'npy'],
  ] as const) {
    const written = readdirSync(join(out, product), { recursive: true }).map(String).sort()
    expect(written).toEqual([`a.${ending}`, `b.${ending}`, `c.${ending}`, 'more', join('more', `d.${ending}`)])
  }
  const labels = await readLabels(join(out, 'labels', 'b.png'))
  expect(labels).toEqual({ height: 2, width: 3, labels: Uint8Array.of(1, 2, 0, 1, 2, 0) })
  const bytes = readFileSync(join(out, 'labels', 'b.png'))
  const palette = bytes.subarray(bytes.indexOf('PLTE') + 4)
  expect([...palette.subarray(0, 9)]).toEqual([255, 0, 0, 0, 255, 0, 0, 0, 255])
  const scores = await readNpy(join(out, 'scores', 'b.npy'))
  expect([scores.shape, [...scores.data.subarray(0, 6)]]).toEqual([
    [2, 3, 3],
    [0, 200, 0, 0, 0, 200],
  ])
})

test('takes files and globs, also quoted ones; --json says where everything is', async () => {
  const out = temporaryFolder()
  const { code, stdout } = await predict(
    join(photos, '{a,b}.p?g'),
    join(photos, 'more', 'd.png'),
    '--out',
    out,
    '--json',
  )
  const report = JSON.parse(stdout)
  expect([code, report.done.map(({ input }: { input: string }) => input), report.failed]).toEqual([
    0,
    [join(photos, 'a.png'), join(photos, 'b.png'), join(photos, 'more', 'd.png')],
    [],
  ])
  expect(report.done[2]).toEqual({
    input: join(photos, 'more', 'd.png'),
    height: 2,
    width: 3,
    labels: join(out, 'labels', 'd.png'),
    overlay: join(out, 'overlay', 'd.png'),
  })
  const below = await predict(`${shared}/**/*.png`, '--out', temporaryFolder(), '--save', 'labels', '--json')
  expect(JSON.parse(below.stdout).done).toHaveLength(4)
})

test('arrays are taken as they are, and give arrays', async () => {
  const out = temporaryFolder()
  const file = join(temporaryFolder(), 'batch.npy')
  const data = Float32Array.from({ length: 2 * 1 * 2 * 3 }, (_, i) => (i % 4 === 0 ? 1 : -1))
  writeFileSync(file, encodeNpy({ shape: [2, 1, 2, 3], data }))
  const { code } = await predict(file, '--out', out, '--save', 'labels,overlay,scores')
  expect(code).toBe(0)
  expect(readdirSync(out).sort()).toEqual(['labels', 'scores'])
  expect(await readNpy(join(out, 'labels', 'batch.npy'))).toEqual({ shape: [2, 1, 2], data: Uint8Array.of(0, 1, 2, 0) })
  expect(await readNpy(join(out, 'scores', 'batch.npy'))).toEqual({ shape: [2, 1, 2, 3], data })
})

test('a large image is run in tiles, with the result of the whole', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'large.png'), picture(1, 70, 90))
  const [whole, tiled] = [join(folder, 'whole'), join(folder, 'tiled')]
  for (const [out, tile] of [
    [whole, '0'],
    [tiled, '32'],
  ]) {
    const { code } = await predict(join(folder, 'large.png'), '--out', out, '--tile', tile, '--save', 'labels,scores')
    expect(code).toBe(0)
  }
  for (const name of ['labels/large.png', 'scores/large.npy']) {
    expect(readFileSync(join(tiled, name)).equals(readFileSync(join(whole, name)))).toBe(true)
  }
})

test('a file that is named in two ways is labelled once; [a-b] is one of several letters', async () => {
  const done = async (...inputs: string[]) => {
    const { stdout } = await predict(...inputs, '--out', temporaryFolder(), '--json')
    return JSON.parse(stdout).done.map(({ input }: { input: string }) => relative(photos, input))
  }
  expect(await done(join(photos, 'a.png'), `${photos}/more/../a.png`)).toEqual(['a.png'])
  expect(await done(join(photos, '[a-b].png'))).toEqual(['a.png', 'b.png'])
  expect(await done(join(photos, '[!a-b].png'))).toEqual(['c.png'])
})

test('results below the images are not labelled in their turn', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'a.png'), picture(0))
  for (const name of ['first', 'second']) {
    const { stdout } = await predict(folder, '--out', folder, '--json')
    expect([name, JSON.parse(stdout).done.length]).toEqual([name, 1])
  }
  const own = await predict(join(folder, 'overlay'), '--out', folder, '--json')
  expect(JSON.parse(own.stdout).done).toHaveLength(1)
})

test('an array of other channels is told as such', async () => {
  const file = join(temporaryFolder(), 'five.npy')
  writeFileSync(file, encodeNpy({ shape: [1, 2, 3, 5], data: new Float32Array(30) }))
  const { stderr } = await predict(file, '--out', temporaryFolder())
  expect(stderr.split('\n')[0]).toMatch(
    /five\.npy: an array of 5 channels for model ".*": it takes 3, as the last axis of \[N, H, W, C\]; transpose the array, or choose another model$/,
  )
})

describe('many images', () => {
  test('are labelled past a damaged one, which is reported; the exit code is 1, and --resume does the rest', async () => {
    const [folder, out] = [temporaryFolder(), temporaryFolder()]
    for (const name of ['a.png', 'c.png']) copyFileSync(join(photos, name), join(folder, name))
    writeFileSync(join(folder, 'b.jpg'), 'no image')
    const { code, stdout, stderr } = await predict(folder, '--out', out)
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: `2 images labelled, into ${out}\n`,
      stderr:
        `warning: ${join(folder, 'b.jpg')} (8 bytes) is neither PNG nor JPEG: pictures are PNG or JPEG files; convert it to one of these\n` +
        'error: 1 image of 3 could not be labelled: the warnings above say why; mend or remove them; --resume labels only what is missing\n',
    })
    rmSync(join(folder, 'b.jpg'))
    copyFileSync(join(photos, 'b.png'), join(folder, 'b.png'))
    expect(await predict(folder, '--out', out, '--resume')).toEqual({
      code: 0,
      stdout: `1 image labelled, into ${out}\n`,
      stderr: 'left out, as their results are there: 2\n',
    })
    expect(readdirSync(join(out, 'labels'))).toEqual(['a.png', 'b.png', 'c.png'])
  })

  test('stopped by Ctrl-C, the image in hand is finished; --resume does the rest', async () => {
    const out = join(temporaryFolder(), 'my results')
    const running = predict(photos, '--out', out, '--save', 'labels', '--json')
    while (!existsSync(join(out, 'labels', 'a.png'))) await new Promise((resolve) => setImmediate(resolve))
    process.emit('SIGINT')
    const { code, stdout, stderr } = await running
    const { done, left } = JSON.parse(stdout)
    expect([code, done.length + left]).toEqual([130, 4])
    expect(stderr).toBe(
      'stopping after what is in hand; press Ctrl-C again to quit at once\n' +
        `error: stopped after ${done.length} of 4: what is labelled is kept; go on with: pixelwise predict --model ${model} --engine cpu ${photos} --out '${out}' --save labels --json --resume\n`,
    )
    expect(readdirSync(join(out, 'labels')).filter((name) => name.startsWith('.'))).toEqual([])
    expect(process.listenerCount('SIGINT')).toBe(0)
    const resumed = JSON.parse((await predict(photos, '--out', out, '--save', 'labels', '--json', '--resume')).stdout)
    expect([resumed.skipped, resumed.done.length, resumed.left]).toEqual([done.length, left, 0])
  })

  test('are shared between machines without gap or overlap', async () => {
    const [one, all] = [temporaryFolder(), temporaryFolder()]
    for (const shard of ['1/3', '2/3', '3/3']) {
      expect((await predict(photos, '--out', one, '--shard', shard, '--save', 'labels')).code).toBe(0)
    }
    await predict(photos, '--out', all, '--save', 'labels')
    for (const name of ['a.png', 'b.png', 'c.png', 'more/d.png']) {
      const [shared, whole] = [one, all].map((out) => decodeLabels(readFileSync(join(out, 'labels', name))))
      expect(shared).toEqual(whole)
    }
  })
})

describe('wrong use', () => {
  test.each([
    [
      ['nothing-here', '--out', 'x'],
      1,
      'nothing-here names no image: inputs are files, folders or globs of .png, .jpg, .jpeg, .npy; check the path',
    ],
    [
      ['x', '--out', 'x', '--shard', '4/3'],
      2,
      "option '--shard <I/N>' argument '4/3' is invalid. It has the form I/N, from 1/N to N/N: usage: pixelwise predict [options] <input...>; run \"pixelwise predict --help\"",
    ],
    [
      ['x', '--out', 'x', '--save', 'label'],
      2,
      'option \'--save <list>\' names "label": it is a list of labels, overlay, scores, separated by commas; did you mean "labels"?',
    ],
  ])('%j', async (argv, code, message) => {
    expect(await predict(...argv)).toEqual({ code, stdout: '', stderr: `error: ${message}\n` })
  })

  test('a file where the folder of results should be', async () => {
    const out = join(temporaryFolder(), 'notes.txt')
    writeFileSync(out, 'mine')
    const { code, stderr } = await predict(join(photos, 'a.png'), '--out', out)
    expect([code, stderr]).toEqual([
      1,
      `error: cannot write ${join(out, 'labels', 'a.png')} (ENOTDIR): its folder must exist and be writable, and nothing else may bear its name; make the folder, or choose another place\n`,
    ])
    expect(readFileSync(out, 'utf8')).toBe('mine')
  })

  test('an output that the net does not have', async () => {
    const { code, stderr } = await predict(join(photos, 'a.png'), '--out', temporaryFolder(), '--output', '1')
    expect([code, stderr]).toEqual([
      1,
      'error: output 1 of a net with 1: outputs are counted from 0; pass --output 0\n',
    ])
  })

  test('two images of one name', async () => {
    const folder = temporaryFolder()
    for (const name of ['a.png', 'a.jpg']) writeFileSync(join(folder, name), '')
    const { code, stderr } = await predict(folder, '--out', folder)
    expect([code, stderr]).toEqual([
      1,
      `error: the results of ${join(folder, 'a.jpg')} and ${join(folder, 'a.png')} would both be called a: results are called as their image is, without its ending; label them in two runs, into two folders\n`,
    ])
  })
})
