import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { datasetLayouts } from '@pixelwise/datasets/node'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { runMain } from '../test-support/run-main.js'

afterEach(() => vi.unstubAllEnvs())

const commands = [
  ['backends'],
  ['inspect'],
  ['import-caffe'],
  ['export-onnx'],
  ['models'],
  ['models', 'list'],
  ['models', 'download'],
  ['recipes'],
  ['init'],
  ['predict'],
  ['train'],
  ['evaluate'],
  ['regions'],
  ['evaluate-regions'],
  ['datasets'],
  ['datasets', 'check'],
  ['datasets', 'stats'],
  ['datasets', 'split'],
  ['datasets', 'synthesize'],
]

describe('wrong usage exits with 2 and says what was meant', () => {
  test.each([
    [
      ['backnds'],
      'unknown command "backnds" of "pixelwise": known: backends, inspect, import-caffe, export-onnx, models, recipes, init, predict, train, evaluate, regions, evaluate-regions, datasets; did you mean "backends"?',
    ],
    [
      ['datasets', 'chck', 'voc', 'x'],
      'unknown command "chck" of "pixelwise datasets": known: check, stats, split, synthesize; did you mean "check"?',
    ],
    [
      ['frobnicate'],
      'unknown command "frobnicate" of "pixelwise": known: backends, inspect, import-caffe, export-onnx, models, recipes, init, predict, train, evaluate, regions, evaluate-regions, datasets; run "pixelwise --help"',
    ],
    [
      ['inspect', 'vgg16', '--jsn'],
      'unknown option "--jsn" of "pixelwise inspect": known: --input, --svg, --plugin, --json, --help; did you mean "--json"?',
    ],
    [['--versoin'], 'unknown option "--versoin" of "pixelwise": known: --version, --help; did you mean "--version"?'],
    [
      ['datasets', 'stats', 'voc', 'x', '--spilt', 'val'],
      'unknown option "--spilt" of "pixelwise datasets stats": known: --split, --json, --help; did you mean "--split"?',
    ],
    [
      ['inspect'],
      'missing required argument \'net\': usage: pixelwise inspect [options] <net>; run "pixelwise inspect --help"',
    ],
    [
      ['inspect', 'vgg16', '--input', '3'],
      "option '--input <HxW>' argument '3' is invalid. It has the form HxW in pixels, as in 224x224: usage: pixelwise inspect [options] <net>; run \"pixelwise inspect --help\"",
    ],
    [
      ['backends', 'wasm'],
      'too many arguments for \'backends\'. Expected 0 arguments but got 1: usage: pixelwise backends [options]; run "pixelwise backends --help"',
    ],
    [
      ['evaluate', '--truth', 'a'],
      'required option \'--predictions <dir>\' not specified: usage: pixelwise evaluate [options]; run "pixelwise evaluate --help"',
    ],
    [
      ['predict', 'a.png', '--model', 'm', '--out', ''],
      'option \'--out <dir>\' is empty: usage: pixelwise predict [options] <input...>; run "pixelwise predict --help"',
    ],
    [
      ['predict', '', '--model', 'm', '--out', 'x'],
      'argument \'input\' is empty: usage: pixelwise predict [options] <input...>; run "pixelwise predict --help"',
    ],
    [
      ['evaluate', '--merge', 'a.json', '--truth', 'a'],
      'option \'--truth\' does not go with --merge, which joins parts scored already: usage: pixelwise evaluate [options]; run "pixelwise evaluate --help"',
    ],
    [
      ['export-onnx', '--model', 'm', '--out', 'x', '--batch', '4'],
      'option \'--batch <N>\' needs --input: without a size the file takes any number of images: usage: pixelwise export-onnx [options]; run "pixelwise export-onnx --help"',
    ],
    [
      ['export-onnx', '--model', 'm', '--out', 'x', '--input', '8x8', '--batch', '0'],
      "option '--batch <N>' argument '0' is invalid. It is a whole number from 1: usage: pixelwise export-onnx [options]; run \"pixelwise export-onnx --help\"",
    ],
    [
      ['train', 'x.yaml', '--steps', '0'],
      "option '--steps <N>' argument '0' is invalid. It is a whole number from 1: usage: pixelwise train [options] <config>; run \"pixelwise train --help\"",
    ],
    [
      ['regions', 'a.png', '--model', 'm', '--out', 'x', '--top', '99999999999999999999'],
      "option '--top <N>' argument '99999999999999999999' is invalid. It is a whole number: usage: pixelwise regions [options] <input...>; run \"pixelwise regions --help\"",
    ],
    [
      ['init', '--kind', 'voc', '--root', 'x', '--recipe', 'voc-fcn8s', '--stride', '8'],
      'option \'--stride <N>\' is for nets without --recipe: a recipe has a head of its own: usage: pixelwise init [options] [file]; run "pixelwise init --help"',
    ],
    [
      [],
      '"pixelwise" needs a command: known: backends, inspect, import-caffe, export-onnx, models, recipes, init, predict, train, evaluate, regions, evaluate-regions, datasets; run "pixelwise --help"',
    ],
    [
      ['datasets'],
      '"pixelwise datasets" needs a command: known: check, stats, split, synthesize; run "pixelwise datasets --help"',
    ],
    [
      ['export-onnx', '--modle', 'x', '--out', 'y'],
      'unknown option "--modle" of "pixelwise export-onnx": known: --model, --out, --input, --batch, --plugin, --json, --help; did you mean "--model"?',
    ],
    [
      ['init', '--knd=voc', '--root', 'x'],
      'unknown option "--knd" of "pixelwise init": known: --kind, --root, --validation-root, --recipe, --backbone, --stride, --pad, --plugin, --force, --json, --help; did you mean "--kind"?',
    ],
    [
      ['regions', 'a.png', '--model', 'm'],
      'required option \'--out <file>\' not specified: usage: pixelwise regions [options] <input...>; run "pixelwise regions --help"',
    ],
    [
      ['predict', 'a.png', '--model', 'm', '--out', 'x', '--engine', 'wsm'],
      'unknown choice "wsm" for \'--engine <name>\': known: auto, compiled, tensorflow, webgpu, wasm, cpu; did you mean "wasm"?',
    ],
    [
      ['evaluate', '--absent', 'never'],
      'unknown choice "never" for \'--absent <rule>\': known: predicted-counts, truth-only; run "pixelwise evaluate --help"',
    ],
    [
      ['help', 'predikt'],
      'unknown command "predikt" of "pixelwise": known: backends, inspect, import-caffe, export-onnx, models, recipes, init, predict, train, evaluate, regions, evaluate-regions, datasets; did you mean "predict"?',
    ],
    [
      ['models', 'dwonload', 'vgg16'],
      'unknown command "dwonload" of "pixelwise models": known: list, download; did you mean "download"?',
    ],
    [
      ['evaluate', '--truth', 'a', '--predictions', 'b', '--classes', '2', '--images', 'c'],
      'option \'--images <dir>\' needs --report, which shows pictures of them: usage: pixelwise evaluate [options]; run "pixelwise evaluate --help"',
    ],
    [
      ['evaluate', '--merge', 'a.json', '--ignore', '0'],
      'option \'--ignore\' does not go with --merge, which joins parts scored already: usage: pixelwise evaluate [options]; run "pixelwise evaluate --help"',
    ],
    [
      ['regions', 'a.png', '--model', 'm', '--out', 'x', '--planes'],
      'option \'--planes\' needs --overlays, the folder of the pictures: usage: pixelwise regions [options] <input...>; run "pixelwise regions --help"',
    ],
    [
      ['regions', 'a.png', '--model', 'm', '--out', 'x', '--shown', '3'],
      'option \'--shown <N>\' needs --overlays, the folder of the pictures: usage: pixelwise regions [options] <input...>; run "pixelwise regions --help"',
    ],
    [
      ['backends', '--use', 'wsm'],
      'unknown backend "wsm": known: auto, tensorflow, webgpu, webgl, wasm, cpu; did you mean "wasm"?',
    ],
    [
      ['datasets', 'stats', 'vox', 'x'],
      `unknown data set layout "vox": known: ${datasetLayouts().names().join(', ')}; did you mean "voc"?`,
    ],
  ])('pixelwise %j', async (argv, message) => {
    expect(await runMain(...argv)).toEqual({ code: 2, stdout: '', stderr: `error: ${message}\n` })
  })
})

test.each([[], ...commands])('pixelwise %s %s --help names --json and gives an example', async (...words) => {
  const { code, stdout, stderr } = await runMain(...words, '--help')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('--json')
  expect(stdout).toMatch(new RegExp(`Examples?:\\n +${['pixelwise', ...words].join(' ')}\\b`))
})

test('models without a word lists them', async () => {
  expect(await runMain('models', '--json')).toEqual(await runMain('models', 'list', '--json'))
})

test('help lists the commands, version is the package’s', async () => {
  const help = await runMain('--help')
  expect(help.code).toBe(0)
  for (const [name] of commands) expect(help.stdout).toContain(`\n  ${name}`)
  const { code, stdout } = await runMain('--version')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('failures are one line; DEBUG adds the stack and its causes', async () => {
  const argv = ['evaluate', '--truth', '/nowhere', '--predictions', '/nowhere', '--classes', '2']
  const message = 'error: cannot read the folder /nowhere (ENOENT): it must be a folder of label maps; check the path\n'
  vi.stubEnv('DEBUG', '')
  expect(await runMain(...argv)).toEqual({ code: 1, stdout: '', stderr: message })
  vi.stubEnv('DEBUG', '1')
  const { code, stderr } = await runMain(...argv)
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^error: PixelwiseError: cannot read the folder .*\n {4}at .*[\s\S]*\ncaused by: Error: ENOENT/,
  )
})

test('colours only a terminal, and none when NO_COLOR forbids it', async () => {
  const isTTY = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY')
  Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true })
  try {
    vi.stubEnv('TERM', 'xterm')
    vi.stubEnv('NO_COLOR', '')
    const { stderr } = await runMain('backnds')
    expect(stderr.startsWith('\u001b[31merror:\u001b[39m unknown')).toBe(true)
    vi.stubEnv('NO_COLOR', '1')
    expect((await runMain('backnds')).stderr).toMatch(/^error: unknown/)
  } finally {
    if (isTTY) Object.defineProperty(process.stderr, 'isTTY', isTTY)
    else Reflect.deleteProperty(process.stderr, 'isTTY')
  }
})

const built = fileURLToPath(new URL('../dist/index.js', import.meta.url))

describe.skipIf(!existsSync(built))('the installed command (needs a build)', () => {
  const script = fileURLToPath(new URL('../bin/pixelwise.js', import.meta.url))

  test.each([
    [['--version'], 0],
    [['inspect', './nothing-here'], 1],
    [['inspct'], 2],
  ])('pixelwise %j ends by itself with its exit code', async (argv, expected) => {
    const child = spawn(process.execPath, [script, ...argv], { stdio: 'ignore' })
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(expected)
  })

  test('a reader that leaves early, as head does, is no error', async () => {
    const child = spawn(process.execPath, [script, 'inspect', 'vgg-small'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (text) => {
      stderr += text
    })
    child.stdout.destroy()
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0)
    expect(stderr).not.toContain('EPIPE')
  })

  test('nor is one that reads the notes too, as 2>&1 | head does', async () => {
    const child = spawn(process.execPath, [script, 'inspect', 'vgg-small'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    child.stderr.destroy()
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0)
  })
})
