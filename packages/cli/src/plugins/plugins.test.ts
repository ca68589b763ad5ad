import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import { saveModel } from '@pixelwise/core/node'
import { synthesizeVoc } from '@pixelwise/datasets/node'
import { regionDescription, regionNet } from '@pixelwise/pairwise-regions'
import { setBackend } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doubled } from '../../test-support/own-net.js'
import { writeOwnPlugin } from '../../test-support/own-plugin.js'
import { runMain, temporaryFolder } from '../../test-support/run-main.js'

const shared = mkdtempSync(join(tmpdir(), 'pixelwise-plugins-'))
const [scenes, own, config, run] = ['scenes', 'own.mjs', 'train.json', 'run'].map((name) => join(shared, name))
const model = join(run, 'model')
const photos = join(scenes, 'JPEGImages')
afterAll(() => rmSync(shared, { recursive: true, force: true }))

const settings = {
  net: { backbone: 'doubled', stride: 2 },
  data: { kind: 'voc', root: scenes },
  solver: { learningRate: 0.01 },
  steps: 2,
  evaluation: { samples: 0 },
  engine: 'cpu',
  out: run,
}

/** A net on a backbone of one's own, trained by the command. */
beforeAll(async () => {
  await synthesizeVoc(scenes, { train: 2, val: 1, height: 20, width: 24, seed: 1 })
  writeOwnPlugin(shared)
  writeFileSync(config, JSON.stringify({ ...settings, plugins: ['./own.mjs'] }))
  const { code, stderr } = await runMain('train', config)
  expect([code, stderr]).toEqual([0, expect.stringContaining('training fcn2s-doubled,')])
})

const stored = (folder: string) => JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')).plugins

describe('a net with layers of one’s own', () => {
  test.each([
    ['predict', (out: string) => ['predict', photos, '--out', out, '--engine', 'cpu'], 'labels'],
    ['export-onnx', (out: string) => ['export-onnx', '--out', join(out, 'net.onnx'), '--input', '20x24'], 'net.onnx'],
  ])('%s, given the module that has them', async (_, words, result) => {
    const out = temporaryFolder()
    const { code, stderr } = await runMain(...words(out), '--model', model, '--plugin', own)
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')])
    expect(readdirSync(out)).toContain(result)
  })

  test('inspect: a model folder, and a backbone by its name', async () => {
    for (const net of [model, 'doubled']) {
      const { code, stdout } = await runMain('inspect', net, '--plugin', own, '--input', '20x24')
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^double +Double +20×24×4/m)])
    }
    const unknown = await runMain('inspect', 'doubled')
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('"doubled" is neither a net nor')])
  })

  test('regions', async () => {
    await setBackend('cpu')
    const net = regionNet(doubled(), { pathways: [{ tap: 'tap', kernel: 3, window: 4 }], seed: 1 })
    const folder = join(temporaryFolder(), 'regions')
    await saveModel(net.model, folder, { description: regionDescription(net) })
    const out = join(temporaryFolder(), 'results.json')
    const argv = ['regions', photos, '--model', folder, '--out', out, '--engine', 'cpu']
    expect(await runMain(...argv, '--plugin', own)).toMatchObject({ code: 0 })
    expect((await runMain(...argv)).stderr).toContain('unknown layer class "Testing>Double"')
  })

  test.each([
    ['predict', () => ['predict', photos, '--out', temporaryFolder(), '--engine', 'cpu', '--model', model]],
    ['export-onnx', () => ['export-onnx', '--out', join(temporaryFolder(), 'net.onnx'), '--model', model]],
    ['inspect', () => ['inspect', model]],
  ])('%s without it says how to name it', async (_, words) => {
    expect(await runMain(...words())).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: ${model}/model.json: unknown layer class "Testing>Double": it is no layer of tfjs or Pixelwise; name the module that exports it in "layers", as in --plugin ./layer.mjs; in a configuration: plugins: [./layer.mjs]\n`,
    })
  })

  test('a module that has others is named beside it', async () => {
    const other = join(temporaryFolder(), 'other.mjs')
    writeFileSync(other, 'export const backbones = [["nothing", () => ({})]]')
    const { stderr } = await runMain('inspect', model, '--plugin', other)
    expect(stderr).toContain(`: it is no layer of tfjs or Pixelwise, nor of ${other}; name the module`)
  })
})

describe('train', () => {
  test('the configuration names modules from its own folder; the run, from its', () => {
    expect(stored(run)).toEqual(['../own.mjs'])
  })

  test('a run goes on with the modules that --plugin named when it began', async () => {
    const folder = temporaryFolder()
    const [file, out] = [join(folder, 'later.json'), join(folder, 'runs', 'own')]
    writeFileSync(file, JSON.stringify({ ...settings, steps: 1, out }))
    const plugin = relative(process.cwd(), writeOwnPlugin(folder, 'mine.mjs'))
    expect(await runMain('train', file, '--plugin', plugin)).toMatchObject({ code: 0 })
    expect(stored(out)).toEqual(['../../mine.mjs'])
    const resumed = await runMain('train', file, '--resume', '--steps', '2')
    expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringContaining('going on after step 1\n')])

    // It has moved: named anew, it takes the place of what is stored.
    copyFileSync(join(folder, 'mine.mjs'), join(folder, 'moved.mjs'))
    rmSync(join(folder, 'mine.mjs'))
    const lost = await runMain('train', file, '--resume', '--steps', '3')
    expect(lost.stderr).toContain('error: cannot find plugin ../../mine.mjs: there is no file')
    const found = await runMain('train', file, '--resume', '--steps', '3', '--plugin', join(folder, 'moved.mjs'))
    expect([found.code, stored(out)]).toEqual([0, ['../../moved.mjs']])
  })

  test('first weights come from a net of one’s own', async () => {
    const [file, out] = [join(temporaryFolder(), 'again.json'), temporaryFolder()]
    const plugins = [own, own] // named twice, it is one
    writeFileSync(file, JSON.stringify({ ...settings, plugins, initialise: [model], steps: 1, out }))
    const { code, stderr } = await runMain('train', file)
    expect([code, stderr]).toEqual([0, expect.stringContaining(`weights of 2 layers come from ${model}\n`)])
  })

  test('a recipe is put upon a backbone of one’s own', async () => {
    const file = join(temporaryFolder(), 'recipe.json')
    const net = { recipe: 'voc-fcn32s', backbone: 'doubled' }
    writeFileSync(file, JSON.stringify({ ...settings, net, plugins: [own], out: temporaryFolder() }))
    expect((await runMain('train', file)).stderr).toContain('error: backbone doubled has no tap of stride 32: ')
  })

  test('a name without its module, and a list that is none, are problems of the configuration', async () => {
    const file = join(temporaryFolder(), 'bad.json')
    writeFileSync(file, JSON.stringify(settings))
    const unknown = await runMain('train', file)
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('net.backbone is "doubled", expected')])
    writeFileSync(file, JSON.stringify({ ...settings, net: { backbone: 'vgg-small', stride: 8 }, plugins: own }))
    const noList = await runMain('train', file)
    expect([noList.code, noList.stderr]).toEqual([2, expect.stringContaining(', expected a list\n')])
    writeFileSync(file, JSON.stringify({ ...settings, plugins: ['./own.mjs'] }))
    const nowhere = await runMain('train', file)
    expect([nowhere.code, nowhere.stderr]).toEqual([
      1,
      expect.stringMatching(/^error: cannot find plugin .\/own.mjs: /),
    ])
  })

  test('init writes a configuration that names the module', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'configs', 'own.yaml')
    mkdirSync(join(folder, 'configs'))
    const argv = ['init', file, '--kind', 'voc', '--root', scenes, '--backbone', 'doubled', '--stride', '2']
    expect((await runMain(...argv)).stderr).toMatch(/^error: unknown backbone "doubled": /)
    expect(await runMain(...argv, '--plugin', writeOwnPlugin(folder))).toMatchObject({ code: 0 })
    expect(readFileSync(file, 'utf8')).toContain('\nplugins: [../own.mjs]\n')
    const out = join(folder, 'run')
    expect(await runMain('train', file, '--steps', '1', '--engine', 'cpu', '--out', out)).toMatchObject({ code: 0 })
  })
})

describe('a module that is no plugin', () => {
  test.each([
    ['cannot be read', 'export const layers = [', ' cannot be imported ('],
    [
      'throws',
      'throw new Error("not today")',
      ' cannot be imported (Error: not today): a plugin is an ES module that Node runs as it is; mend the module, or install what it imports; DEBUG=1 shows where it failed\n',
    ],
    ['imports what is not there', 'import "pixelwise-nothing"', ' cannot be imported (Error: '],
    [
      'exports nothing',
      '',
      ' exports nothing: a plugin exports layers or backbones, and one of these has entries; add to it: export const layers = [yours], or export const backbones = [["name", yours]]\n',
    ],
    ['exports other things', 'export const a = 1\nexport default {}', ' exports a, default: a plugin exports'],
    ['exports empty lists', 'export const layers = [], backbones = []', ' exports layers, backbones: a plugin exports'],
    [
      'has a class for a layer',
      'export const layers = [class Mine {}]',
      ': layers[0] is the function or class Mine: layers is a LayerRegistry or a list of { layer, spatialMap }; export const layers = [{ layer: YourLayer, spatialMap: () => identityMap }]\n',
    ],
    [
      'has a layer without its geometry',
      'export const layers = [{ layer: class {} }]',
      ': layers[0] is Object { layer }: ',
    ],
    ['has one layer and no list', 'export const layers = { layer: class {} }', ': layers is Object { layer }: '],
    [
      'has functions without names',
      'export const backbones = [() => 1]',
      ': backbones[0] is the function or class (anonymous): backbones is a registry or a list of [name, function that returns a Backbone]; export const backbones = [["your-name", yourBackbone]]\n',
    ],
    ['has no list of backbones', 'export const backbones = "vgg"', ': backbones is vgg: '],
    [
      'has a layer without a name',
      'export const layers = [{ layer: class Mine {}, spatialMap() {} }]',
      ': layer class Mine has no className of its own: ',
    ],
    [
      'has a layer of our name',
      'export const layers = [{ layer: class { static className = "Pixelwise>Convolution" }, spatialMap() {} }]',
      ': layer "Pixelwise>Convolution" is registered twice: a name stands for one thing; give yours another name; where both are one thing, its package is installed twice: "npm ls" shows it\n',
    ],
    [
      'has a layer of a name in tfjs',
      'export const layers = [{ layer: class { static className = "LSTM" }, spatialMap() {} }]',
      ': className "LSTM" already belongs to another class in tfjs: ',
    ],
    [
      'has a backbone of our name',
      'export const backbones = [["vgg16", () => 1]]',
      ': backbone "vgg16" is registered twice: ',
    ],
  ])('%s', async (_, source, message) => {
    const file = join(temporaryFolder(), 'bad.mjs')
    writeFileSync(file, source)
    const { code, stdout, stderr } = await runMain('inspect', 'vgg-small', '--plugin', file)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`error: plugin ${file}${message}`)
  })

  test('a function that returns no backbone is told when it is asked', async () => {
    const file = join(temporaryFolder(), 'bad.mjs')
    writeFileSync(
      file,
      'export const backbones = [["own", async () => ({})], ["map", () => ({ model: { outputs: [1] }, taps: [] })]]',
    )
    expect(await runMain('inspect', 'own', '--plugin', file)).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'error: the function of backbone "own" returned Promise {  }: a backbone is { name, model, taps, preprocessing }, with one tap for each output of the model; return that; the type Backbone of @pixelwise/core says what each is\n',
    })
    expect((await runMain('inspect', 'map', '--plugin', file)).stderr).toContain('returned Object { model, taps }: ')
  })

  test('--plugin without a name is wrong usage', async () => {
    expect((await runMain('inspect', 'vgg-small', '--plugin')).code).toBe(2)
  })
})
