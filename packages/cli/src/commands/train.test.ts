import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { coreLayers, LayerRegistry } from '@pixelwise/core'
import { loadModel } from '@pixelwise/core/node'
import { synthesizeVoc } from '@pixelwise/datasets/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeCaffemodel } from '../../../caffe-import/test-support/write-caffemodel.js'
import { runMain, temporaryFolder } from '../../test-support/run-main.js'

const shared = mkdtempSync(join(tmpdir(), 'pixelwise-train-'))
const scenes = join(shared, 'scenes')
afterAll(() => rmSync(shared, { recursive: true, force: true }))

beforeAll(async () => {
  await synthesizeVoc(scenes, { train: 5, val: 2, height: 20, width: 24, seed: 1 })
}, 60_000)

interface Overrides {
  readonly net?: Record<string, unknown>
  readonly [key: string]: unknown
}

/** A configuration that trains in seconds; its file and the folder of its run. */
function config(overrides: Overrides = {}): { file: string; out: string } {
  const folder = temporaryFolder()
  const [file, out] = [join(folder, 'tiny.yaml'), join(folder, 'run')]
  const settings = {
    net: { backbone: 'vgg-small', stride: 16, width: 0.1, dropout: 0.3 },
    data: { kind: 'voc', root: scenes },
    solver: { learningRate: { policy: 'poly', base: 0.02, power: 0.9 } },
    steps: 4,
    augmentation: ['mirror', { jitter: 3 }, { scale: [0.9, 1.1] }, { 'channel-shift': 5 }],
    evaluation: { every: 2, samples: 1 },
    checkpoints: { every: 1 },
    engine: 'cpu',
    out,
    ...overrides,
  }
  writeFileSync(file, JSON.stringify(settings))
  return { file, out }
}

const lastWeights = (out: string) => readFileSync(join(out, 'checkpoints', 'step-000004', 'values.bin'))

test('a run leaves model, report, logs, checkpoints and pictures', async () => {
  const { file, out } = config()
  const { code, stdout, stderr } = await runMain('train', file, '--json')
  expect([code, stderr.split('\n').filter((line) => line.startsWith('error'))]).toEqual([0, []])
  const outcome = JSON.parse(stdout)
  expect(outcome).toMatchObject({ folder: out, step: 4, stopped: 'finished', model: join(out, 'model') })
  expect(outcome.best.score).toBeGreaterThanOrEqual(0)
  expect(outcome.scores.meanIU).toBeCloseTo(outcome.best.score, 12)
  expect(readdirSync(join(out, 'model')).sort()).toEqual(['group1-shard1of1.bin', 'model.json', 'pixelwise.json'])
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('<title>fcn16s-vgg-small</title>')
  expect(readFileSync(join(out, 'steps.csv'), 'utf8').trim().split('\n')).toHaveLength(5)
  expect(readFileSync(join(out, 'evaluations.jsonl'), 'utf8').trim().split('\n')).toHaveLength(2)
  expect(readdirSync(join(out, 'samples'))).toEqual(['step-000002', 'step-000004'])
  expect(readdirSync(join(out, 'samples', 'step-000004'))).toEqual(['val_000000.png'])
  expect(stderr).toMatch(/\nstep 4: mean IU \d+\.\d\d % on val\n/)

  const again = await runMain('train', file)
  expect([again.code, again.stderr]).toEqual([
    1,
    `error: ${out} holds a run: each run has a folder of its own; go on with --resume, choose another folder with --out, or remove this one\n`,
  ])
})

test('stopped by Ctrl-C and resumed, it ends with the weights of an undisturbed run', async () => {
  const whole = config()
  expect((await runMain('train', whole.file)).code).toBe(0)
  const { file, out } = config()
  const running = runMain('train', file, '--engine', 'cpu', '--out', out)
  while (!existsSync(join(out, 'checkpoints', 'step-000001'))) await new Promise((resolve) => setTimeout(resolve, 5))
  process.emit('SIGINT')
  const { code, stderr } = await running
  expect([code, stderr.split('\n').at(-2)]).toEqual([
    130,
    expect.stringMatching(
      /^error: stopped after step [1-3]: everything is stored; go on with: pixelwise train \S+ --engine cpu --out \S+ --resume$/,
    ),
  ])
  const resumed = await runMain('train', file, '--resume')
  expect(resumed.code).toBe(0)
  expect(resumed.stderr).toMatch(/^going on after step [1-3]\n/)
  expect(lastWeights(out).equals(lastWeights(whole.out))).toBe(true)
  expect(readFileSync(join(out, 'evaluations.jsonl'))).toEqual(readFileSync(join(whole.out, 'evaluations.jsonl')))
})

describe('what may be chosen', () => {
  test('a recipe by name, of any width, on the classes of the data set', async () => {
    const { file, out } = config({
      net: { recipe: 'FCN_Vgg16_32s', width: 0.02 },
      solver: {},
      steps: 1,
      batchSize: 1,
      augmentation: [{ crop: 32 }],
      data: { train: { kind: 'voc', root: scenes } },
    })
    const { code, stderr } = await runMain('train', file)
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("the net scores the 6 classes of PASCAL VOC layout instead of the recipe's 21\n"),
    ])
    expect(stderr).toContain(
      'warning: FCN_Vgg16_32s starts from weights of vgg16; without "initialise" its weights are random\n',
    )
    const stored = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))
    expect(stored).toMatchObject({
      recipe: 'FCN_Vgg16_32s',
      net: { classes: 6, head: { upsampling: 'resize' } },
      loss: { normalization: 'full' },
      solver: { learningRate: { policy: 'poly', base: 0.01 }, momentum: 0.9, weightDecay: 0.0002, rule: 'sgd' },
      batchSize: 1,
      sampler: 'shuffled',
    })
  })

  test('a recipe upon another backbone, its data sets below one root, scored before the first step', async () => {
    const split = (name: string) => ({ kind: 'voc', folder: 'scenes', split: name })
    const { file, out } = config({
      net: { recipe: 'voc-fcn16s', backbone: 'vgg-small', dropout: 0, width: 0.1 },
      solver: { rule: 'adam', learningRate: 0.01 },
      steps: 1,
      augmentation: [],
      data: { root: 'elsewhere', train: split('train'), validation: { ...split('val'), without: split('train') } },
      evaluation: { every: 1, samples: 0, before: true },
    })
    const { code, stderr } = await runMain('train', file, '--root', shared)
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('warning')])
    const stored = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))
    expect(stored).toMatchObject({
      recipe: 'voc-fcn16s',
      net: { backbone: 'vgg-small', options: { dropout: 0 }, head: { stride: 16 } },
      loss: { normalization: 'batch' },
      inputs: [{ from: 'image', preprocessing: { channelOrder: 'rgb', mean: [120, 120, 120] } }],
      data: { train: { root: scenes }, validation: { root: scenes, without: { root: scenes, split: 'train' } } },
    })
    const evaluations = readFileSync(join(out, 'evaluations.jsonl'), 'utf8').trim().split('\n')
    expect(evaluations.map((line) => JSON.parse(line).step)).toEqual([0, 1])
  })

  test('first weights from a model folder by name, frozen layers, Adam, class balance, no held-out split, the compiled engine', async () => {
    const first = config({ steps: 1, evaluation: { every: 1, samples: 0 } })
    expect((await runMain('train', first.file)).code).toBe(0)
    const { file, out } = config({
      data: { train: { kind: 'voc', root: scenes, split: 'train' } },
      initialise: [{ from: join(first.out, 'model'), names: { 'fc*': 'fc*', score_pool4: 'nothing' } }],
      freeze: ['conv*', 'fc6/kernel'],
      solver: { rule: 'adam', learningRate: 0.01 },
      sampler: 'class-balanced',
      engine: 'auto',
      steps: 2,
    })
    const { code, stdout, stderr } = await runMain('train', file, '--json')
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ best: null, scores: null, step: 2 })])
    expect(stderr).toContain(
      `weights of 12 layers come from ${join(first.out, 'model')}\nnew weights in 1 layer: score_pool4\n`,
    )
    const weights = (run: string) => readFileSync(join(run, 'model', 'group1-shard1of1.bin'))
    const { weightsManifest } = JSON.parse(readFileSync(join(out, 'model', 'model.json'), 'utf8'))
    let offset = 0
    for (const { name, shape } of weightsManifest[0].weights) {
      const length = shape.reduce((product: number, size: number) => product * size, 4)
      const [before, after] = [first.out, out].map((run) => weights(run).subarray(offset, offset + length))
      if (!name.startsWith('score_pool4')) {
        expect([name, before.equals(after)]).toEqual([name, /^conv|^fc6\/kernel/.test(name)])
      }
      offset += length
    }
  })
})

test('first weights straight from a file of Caffe’s, connected ones into convolutions', async () => {
  // vgg-small of a tenth of the width has 2, 10 and 12 channels in conv1_1, pool5 and fc6; fc7 there is another one.
  const weights = join(temporaryFolder(), 'VGG.caffemodel')
  const blob = (...shape: number[]) => ({
    shape,
    values: new Float32Array(shape.reduce((product, size) => product * size)).fill(0.25),
  })
  writeFileSync(
    weights,
    writeCaffemodel([
      { name: 'conv1_1', type: 'Convolution', blobs: [blob(2, 3, 3, 3), blob(2)] },
      { name: 'fc6', type: 'InnerProduct', blobs: [blob(12, 10 * 3 * 3), blob(12)] },
      { name: 'fc7', type: 'InnerProduct', blobs: [blob(1000, 12), blob(1000)] },
    ]),
  )
  const { file, out } = config({ initialise: [weights], freeze: ['conv1_1', 'fc6'], steps: 1, augmentation: [] })
  const { code, stderr } = await runMain('train', file)
  expect([code, stderr]).toEqual([0, expect.stringContaining(`weights of 2 layers come from ${weights}\n`)])
  expect(stderr).toContain('new weights in 11 layers: conv1_2,')
  const { model } = await loadModel(join(out, 'model'), { layers: new LayerRegistry(coreLayers) })
  for (const name of ['conv1_1', 'fc6']) {
    const [kernel] = model.getLayer(name).getWeights()
    expect([name, new Set(await kernel.data())]).toEqual([name, new Set([0.25])])
  }
})

describe('what is wrong is told before anything is done', () => {
  test('every problem of the configuration at once, with its line; the exit code is 2', async () => {
    const file = join(temporaryFolder(), 'train.yaml')
    const text = `net:
  backbone: vgg61
  stride: 0
data:
  kind: vocc
  root: scenes
solver:
  learningRate: { policy: stepp, base: 1 }
  momentum: 1
steps: 1.5
augmentation:
  - mirror
  - jitter: -1
  - scale: [2, 1]
  - blur
  - crop: 100000
sed: 1
`
    writeFileSync(file, text)
    const { code, stderr } = await runMain('train', file)
    expect(code).toBe(2)
    expect(
      stderr.replaceAll(/expected one of [\w, .-]+,[\w, .-]+/g, 'expected one of …').replace(file, 'train.yaml'),
    ).toBe(`error: train.yaml has 11 problems: a configuration is YAML or JSON, with settings that are known and fit; begin with the commented example of "pixelwise init", or mend these lines:
  line 2: net.backbone is "vgg61", expected one of …; did you mean "vgg16"?
  line 3: net.stride is 0, expected a whole number, at least 1
  line 5: data.kind is "vocc", expected one of …; did you mean "voc"?
  line 8: solver.learningRate.policy is "stepp", expected one of …; did you mean "step"?
  line 9: solver.momentum is 1, expected a number, at least 0 and below 1
  line 10: steps is 1.5, expected a whole number, at least 1
  line 13: augmentation[1].jitter is -1, expected a whole number, at least 1
  line 14: augmentation[2].scale is [2,1], expected two factors, the smaller first
  line 15: augmentation[3] is "blur", expected mirror, jitter: PIXELS, scale: [SMALLEST, LARGEST], crop: SIZE, or channel-shift: AMOUNT
  line 16: augmentation[4].crop is 100000, expected a whole number, at least 1 and at most 8192
  line 17: sed is unknown; did you mean "seed"?
`)
  })

  test('a mistake hides no other, brings no other along and is told once', async () => {
    const file = join(temporaryFolder(), 'train.yaml')
    const text = `net:
  recipe: voc-fcn8
  pad: -1
data:
  root: 3
  train: train
solver:
  learningRate: { policy: poli, base: -1 }
  multipliers:
    - { decay: -2 }
initialise:
  - { frm: x, suffix: 3 }
`
    writeFileSync(file, text)
    const { code, stderr } = await runMain('train', file)
    expect([code, stderr.replaceAll(/expected one of [\w, .-]+,[\w, .-]+/g, 'expected one of …').split('\n')]).toEqual([
      2,
      [
        expect.stringContaining('train.yaml has 11 problems: '),
        '  line 2: net.recipe is "voc-fcn8", expected one of …; did you mean "voc-fcn8s"?',
        '  line 3: net.pad is -1, expected a whole number, at least 0',
        '  line 5: data.root is 3, expected the folder of the data set',
        '  line 6: data.train is "train", expected a mapping of kind, root and split, where data names no kind and root',
        '  line 8: solver.learningRate.policy is "poli", expected one of …; did you mean "poly"?',
        '  line 8: solver.learningRate.base is -1, expected a number, above 0',
        '  line 10: solver.multipliers[0].weights is missing, expected a pattern such as "*/bias"',
        '  line 10: solver.multipliers[0].decay is -2, expected a number, at least 0',
        '  line 12: initialise[0].frm is unknown; did you mean "from"?',
        '  line 12: initialise[0].from is missing, expected a model folder',
        '  line 12: initialise[0].suffix is 3, expected a text',
        '',
      ],
    ])
  })

  test('a root that --root could not move, a folder without one, a net without a backbone', async () => {
    const data = { train: { kind: 'voc', root: scenes }, validation: { kind: 'voc', folder: 'val', root: scenes } }
    const moved = await runMain('train', config({ data }).file, '--root', shared)
    expect([moved.code, moved.stderr]).toEqual([
      2,
      expect.stringContaining(`
  line 1: data.validation.folder is "val", expected nothing beside root, which is the whole path
  line 1: data.train.root is ${JSON.stringify(scenes)}, expected folder, a path below data.root, where --root is given
  line 1: data.validation.root is ${JSON.stringify(scenes)}, expected folder, a path below data.root, where --root is given
`),
    ])
    const nowhere = await runMain('train', config({ data: { train: { kind: 'voc', folder: 'scenes' } } }).file)
    expect(nowhere.stderr).toContain('data.train.folder is "scenes", expected a data.root that it lies below')
    const dense = await runMain('train', config({ net: { recipe: 'DenseNet_FCN', backbone: 'vgg-small' } }).file)
    expect([dense.code, dense.stderr]).toEqual([
      1,
      'error: net.backbone, pad, outputStride or dropout beside recipe DenseNet_FCN, whose net is densenet-fcn: such a net has no backbone: it is described as a whole; leave them out, or choose a recipe upon a backbone; "pixelwise recipes" lists them\n',
    ])
  })

  test('a file that is not there, a layer that is not there, other settings than those of the run', async () => {
    const missing = await runMain('train', 'nothing.yaml')
    expect([missing.code, missing.stderr]).toEqual([
      1,
      'error: cannot read nothing.yaml (ENOENT): a run needs its configuration file; check the path, or write one with "pixelwise init"\n',
    ])
    const { file, out } = config({ freeze: ['cnov*'], steps: 1 })
    const frozen = await runMain('train', file)
    expect([frozen.code, frozen.stderr]).toEqual([
      1,
      expect.stringMatching(
        /error: freeze: no weight of fcn16s-vgg-small is called cnov\*\/\*: its layers are conv1_1, .*; name one of these; \* stands for anything\n$/,
      ),
    ])
    const one = config({ steps: 1, out })
    expect((await runMain('train', one.file)).code).toBe(0) // the run above learned nothing
    const other = config({ steps: 1, seed: 2, freeze: ['conv*'], out })
    const resumed = await runMain('train', other.file, '--resume')
    expect([resumed.code, resumed.stderr]).toEqual([
      1,
      expect.stringContaining('freeze was [] and is ["conv*"]; seed was 1 and is 2: '),
    ])
  })
})
