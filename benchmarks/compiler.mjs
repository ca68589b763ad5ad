/**
 * The compiled engine beside eager tfjs on wasm: forward passes and training steps of FCN-8s, in one interleaved run.
 * `node benchmarks/compiler.mjs --help`
 */
import { arch, availableParallelism, cpus, platform } from 'node:os'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { vgg16, vggSmall } from '@pixelwise/backbones'
import { compiledEngine } from '@pixelwise/compiler/node'
import { EagerEngine, Rng, seededMasks, useBackend } from '@pixelwise/core'
import { fcn8s, pixelLoss } from '@pixelwise/fcn'
import * as tf from '@tensorflow/tfjs-core'

const help = `node benchmarks/compiler.mjs [options]      (build first: npm run setup)

  --net NAME      demo (FCN-8s on the small VGG) or vgg16 (FCN-8s on VGG-16)   (default demo)
  --image HxW     size of the images                                           (default 96x96)
  --batch N       images at a time                                             (default 4)
  --classes N     classes of the net                                           (default 21)
  --rounds N      measurements of each peer                                    (default 7)
  --train         training steps with momentum instead of forward passes
`

const options = {
  net: { type: 'string', default: 'demo' },
  image: { type: 'string', default: '96x96' },
  batch: { type: 'string', default: '4' },
  classes: { type: 'string', default: '21' },
  rounds: { type: 'string', default: '7' },
  train: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}

const values = readOptions()
if (values.help) process.stdout.write(help)
else await main()

function readOptions() {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${help}`)
    process.exit(2)
  }
}

async function main() {
  tf.env().set('PROD', true)
  await useBackend('wasm')
  const [height, width] = values.image.split('x').map(Number)
  const classes = Number(values.classes)
  const shape = [Number(values.batch), height, width, 3]
  const peers = { eager: new EagerEngine(), compiled: await compiledEngine({ fallback: 'error' }) }
  const image = randomTensor(shape, 'image', 100)
  const labels = tf.tensor(
    Int32Array.from({ length: shape[0] * height * width }, (_, i) => i % classes),
    shape.slice(0, 3),
    'int32',
  )
  const tasks = {}
  for (const [name, engine] of Object.entries(peers)) {
    // Peers that train need weights of their own; peers that predict share the large ones.
    const model = values.train || tasks.eager === undefined ? build(classes) : tasks.eager.model
    tasks[name] = { model, run: await prepared(engine, model, image, labels), times: [] }
  }
  const first = {}
  const results = {}
  for (const [name, { run }] of Object.entries(tasks)) [first[name], results[name]] = await timed(run)
  const difference = relativeDifference(results.compiled, results.eager)
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { run, times } of Object.values(tasks)) times.push((await timed(run))[0])
  }
  report(tasks, first, difference)
}

function build(classes) {
  const backbone = values.net === 'vgg16' ? vgg16({ seed: 1, pad: 100 }) : vggSmall({ seed: 1 })
  const model = fcn8s(backbone, { classes })
  for (const weight of model.trainableWeights) {
    // Heads start at zero, and zeros agree with each other.
    if (!/score/.test(weight.originalName)) continue
    const random = randomTensor(weight.shape, weight.originalName, 0.01)
    weight.write(random)
    random.dispose()
  }
  return model
}

function randomTensor(shape, purpose, limit) {
  const rng = new Rng(1).split(purpose)
  const size = shape.reduce((product, length) => product * length, 1)
  return tf.tensor(
    Float32Array.from({ length: size }, () => rng.uniform(-limit, limit)),
    shape,
  )
}

/** What one peer does in one round; gives the numbers to compare. */
async function prepared(engine, model, image, labels) {
  if (!values.train) {
    const ready = await engine.prepare(model)
    return async () => {
      const [scores] = await ready.run([image])
      const numbers = await scores.data()
      scores.dispose()
      return numbers
    }
  }
  const loss = pixelLoss()
  const variables = model.trainableWeights.map((weight) => weight.read())
  const momenta = variables.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable))))
  const step = await engine.prepareStep({
    variables,
    state: momenta,
    loss: ([input, wanted]) => loss([model.apply(input, { training: true })].flat(), [wanted]),
    update: (gradients) =>
      tf.tidy(() => {
        for (const [i, gradient] of gradients.entries()) {
          momenta[i].assign(tf.add(tf.mul(momenta[i], 0.9), tf.mul(gradient, 1e-4)))
          variables[i].assign(tf.sub(variables[i], momenta[i]))
        }
      }),
  })
  return async () => [await step.run([image, labels], seededMasks(new Rng(2)))]
}

async function timed(run) {
  const start = performance.now()
  const result = await run()
  return [performance.now() - start, result]
}

function relativeDifference(actual, expected) {
  let [largest, difference] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]))
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]))
  }
  return difference / largest
}

function report(tasks, first, difference) {
  const what = values.train ? 'training step (forward, backward, momentum)' : 'forward'
  const [{ model: cpu }] = cpus()
  print(`FCN-8s ${values.net}, ${values.batch}×${values.image}, ${values.classes} classes: ${what}`)
  print(`${cpu}, ${availableParallelism()} threads, ${platform()} ${arch()}, Node ${process.version}`)
  for (const [name, { times }] of Object.entries(tasks)) {
    const [low, middle, high] = quantiles(times)
    print(`${name.padEnd(9)} ${ms(middle)} (${ms(low)}–${ms(high)}), first run ${ms(first[name])}`)
  }
  const ratios = tasks.eager.times.map((time, i) => time / tasks.compiled.times[i])
  const [low, middle, high] = quantiles(ratios).map((ratio) => ratio.toFixed(2))
  print(
    `compiled is ${middle}× as fast (quartiles ${low}–${high}); they differ by ${difference.toExponential(1)} of the largest value`,
  )
}

/** Lower quartile, median, upper quartile. */
function quantiles(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return [0.25, 0.5, 0.75].map((share) => sorted[Math.round(share * (sorted.length - 1))])
}

function ms(time) {
  return `${time.toFixed(time < 100 ? 1 : 0)} ms`
}

function print(line) {
  process.stdout.write(`${line}\n`)
}
