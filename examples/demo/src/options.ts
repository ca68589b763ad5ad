import { parseArgs } from 'node:util'

/** What the demo can be told. */
export interface DemoOptions {
  readonly out: string
  readonly seed: number
  readonly steps: number
  readonly trainImages: number
  readonly testImages: number
  readonly backend: string
  readonly engine: 'compiled' | 'eager'
  readonly resume: boolean
  readonly json: boolean
}

export const help = `npm run demo -- [options]

Makes a synthetic data set in PASCAL VOC's layout, trains a small FCN-8s on it from scratch, scores it on unseen scenes
and writes label maps, overlays, the model and one self-contained report.

  --out DIR        where everything goes              (default demo-output)
  --seed N         scenes, weights and order          (default 1)
  --steps N        training steps of 4 images         (default 1000)
  --train N        training scenes                    (default 800)
  --test N         unseen scenes                      (default 100)
  --backend NAME   tensorflow, webgpu, wasm, cpu      (default: the best available)
  --engine NAME    compiled (ONNX Runtime) or eager    (default compiled)
  --resume         go on from the last checkpoint in --out
  --json           print the scores as JSON on standard output
  --help           this text

Examples
  npm run demo
  npm run demo -- --steps 200 --out quick-look
  npm run demo -- --seed 7 --json
`

/** Reads the command line. Throws `UsageError` with a sentence for the user. */
export function readOptions(args: string[]): DemoOptions | 'help' {
  const values = parse(args)
  if (values.help) return 'help'
  return {
    out: values.out,
    seed: wholeNumber('seed', values.seed, 0),
    steps: wholeNumber('steps', values.steps, 1),
    trainImages: wholeNumber('train', values.train, 4),
    testImages: wholeNumber('test', values.test, 1),
    backend: values.backend,
    engine: engineOf(values.engine),
    resume: values.resume,
    json: values.json,
  }
}

/** A command line that cannot be followed; the message says why. */
export class UsageError extends Error {}

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        out: { type: 'string', default: 'demo-output' },
        seed: { type: 'string', default: '1' },
        steps: { type: 'string', default: '1000' },
        train: { type: 'string', default: '800' },
        test: { type: 'string', default: '100' },
        backend: { type: 'string', default: 'auto' },
        engine: { type: 'string', default: 'compiled' },
        resume: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function engineOf(name: string): DemoOptions['engine'] {
  if (name === 'compiled' || name === 'eager') return name
  throw new UsageError(`--engine ${name}: expected compiled or eager`)
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && text.trim() !== '') return value
  throw new UsageError(`--${name} ${text}: expected a whole number, ${least} or more`)
}
