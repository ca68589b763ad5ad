/**
 * Every recipe's net, narrow: its scores, and 20 steps of training, compiled beside eager ones on wasm with one thread.
 * `node scripts/compiled-recipes.mjs --help`
 */
import { parseArgs } from 'node:util'
import { backboneRegistry } from '@pixelwise/backbones'
import { compileStep } from '@pixelwise/compiler'
import { compiledEngine, loadOnnxRuntime } from '@pixelwise/compiler/node'
import { EagerEngine, Rng, seededMasks, useBackend } from '@pixelwise/core'
import { buildRecipe, listRecipes } from '@pixelwise/fcn'
import { sgd } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'

const help = `node scripts/compiled-recipes.mjs [options] [RECIPE …]      (build first: npm run build)

  --steps N       steps of training                              (default 20)
  --image HxW     size of the images                             (default 48x64)
  --width W       channels of the nets, as a share of the published (default 0.0625)

Exit status 1 where scores differ by more than 1e-4 of the largest, or a weight by more than 1e-3 of its tensor's largest.
`
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '20' },
    image: { type: 'string', default: '48x64' },
    width: { type: 'string', default: '0.0625' },
    help: { type: 'boolean', default: false },
  },
})
const [height, width] = values.image.split('x').map(Number)

if (values.help) process.stdout.write(help)
else await main()

async function main() {
  await useBackend('wasm', { threads: 1 })
  const names = positionals.length > 0 ? positionals : listRecipes().map(({ name }) => name)
  console.log('recipe                         scores     weights    moved      loss, first and last')
  let failed = 0
  for (const name of names) {
    const { scores, weights, moved, losses } = await compare(name)
    const good = scores <= 1e-4 && weights <= 1e-3 && moved > 1e-4
    if (!good) failed++
    const numbers = [scores, weights, moved].map((number) => number.toExponential(1).padEnd(10)).join(' ')
    console.log(
      `${name.padEnd(30)} ${numbers} ${losses[0].toFixed(4)} ${losses.at(-1).toFixed(4)}${good ? '' : '  DIFFERS'}`,
    )
  }
  console.log(failed === 0 ? `${names.length} recipes, none differs` : `${failed} of ${names.length} recipes differ`)
  process.exitCode = failed === 0 ? 0 : 1
}

async function compare(name) {
  const engine = await compiledEngine({ fallback: 'error' })
  const [first, second] = [build(name), build(name)]
  const scores = await scoresDiffer(first.model, engine)
  const start = first.model.weights.map((weight) => weight.read().clone())
  const eager = await learn(first, (definition) => new EagerEngine().prepareStep(definition))
  const runtime = await loadOnnxRuntime()
  await learn(second, (definition) => compileStep(definition, runtime))
  const weights = worst(
    second.model.weights,
    first.model.weights.map((weight) => weight.read()),
  )
  const moved = worst(first.model.weights, start)
  tf.dispose(start)
  first.model.dispose()
  second.model.dispose()
  return { scores, weights, moved, losses: eager }
}

/**
 * Narrow, and with random weights where scorers start at zero and would hide the trunk, and biases at zero: upon constant
 * padding sums are exactly zero then, of which Winograd's rounding leaves something that a ReLU lets pass.
 */
function build(name) {
  const built = buildRecipe(name, { backbones: backboneRegistry(), width: Number(values.width), seed: 1 })
  const rng = new Rng(1)
  for (const layer of built.model.layers) {
    layer.setWeights(
      layer.getWeights().map((weight) => {
        const isZero = tf.tidy(() => tf.max(tf.abs(weight)).dataSync()[0] === 0)
        if (!isZero) return weight
        const isBias = weight.shape.length === 1
        const scale = isBias
          ? 0.1
          : Math.sqrt(6 / weight.shape.slice(0, -1).reduce((product, length) => product * length, 1))
        const numbers = Float32Array.from({ length: weight.size }, () => scale * (2 * rng.uniform() - 1))
        return tf.tensor(numbers, weight.shape)
      }),
    )
  }
  return built
}

function inputsOf(model) {
  const rng = new Rng(2)
  return model.inputs.map(({ shape }) => {
    const size = [1, height, width, shape[3]]
    return tf.tensor(
      Float32Array.from({ length: height * width * shape[3] }, () => 100 * (rng.uniform() - 0.5)),
      size,
    )
  })
}

async function scoresDiffer(model, engine) {
  const inputs = inputsOf(model)
  const run = async (by) => {
    const prepared = await by.prepare(model)
    const outputs = await prepared.run(inputs)
    prepared.dispose?.()
    return outputs
  }
  const [expected, found] = [await run(new EagerEngine()), await run(engine)]
  const differences = await Promise.all(expected.map((output, i) => relative(found[i], output)))
  tf.dispose([inputs, expected, found])
  return Math.max(...differences)
}

/** Steps upon one batch with dropout; gives the losses. */
async function learn({ model, loss }, prepare) {
  const weights = model.trainableWeights.map((weight) => ({ name: weight.originalName, variable: weight.read() }))
  const inputs = inputsOf(model)
  const rng = new Rng(3)
  const targets = model.outputs.map(({ shape }) => {
    const classes = shape.at(-1)
    const labels = Int32Array.from({ length: height * width }, () => Math.floor(classes * rng.uniform()))
    return tf.tensor(labels, [1, height, width], 'int32')
  })
  const mean = (outputs, wanted) => tf.div(loss(outputs, wanted), height * width)
  const solver = sgd({ learningRate: 5e-4, momentum: 0.9, weightDecay: 0.0005, clipGradients: 1 }).bind(weights)
  const step = await prepare({
    variables: solver.variables,
    state: solver.state,
    loss: (batch) =>
      mean([model.apply(batch.slice(0, inputs.length), { training: true })].flat(), batch.slice(inputs.length)),
    update: (gradients) => solver.update(gradients),
  })
  const losses = []
  for (let number = 0; number < Number(values.steps); number++) {
    solver.begin(number)
    losses.push(await step.run([...inputs, ...targets], seededMasks(new Rng(10 + number))))
  }
  step.dispose?.()
  solver.dispose?.()
  tf.dispose([inputs, targets])
  return losses
}

/** The largest difference of any weight, as a share of the largest number in its tensor. */
function worst(weights, others) {
  return weights.reduce((most, weight, i) => {
    const difference = tf.tidy(() => {
      const scale = tf.maximum(tf.max(tf.abs(others[i])), 1e-3)
      return tf.div(tf.max(tf.abs(tf.sub(weight.read(), others[i]))), scale).dataSync()[0]
    })
    return Math.max(most, difference)
  }, 0)
}

async function relative(actual, expected) {
  const [a, b] = [await actual.data(), await expected.data()]
  const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6)
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) / scale
}
