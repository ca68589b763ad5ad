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

const help = `node scripts/compiled-recipes.mjs [options] [RECIPE …]      (build first: npm run setup)

  --steps N       steps of training                              (default 20)
  --image HxW     size of the images                             (default 128x128)
  --width W       channels of the nets, as a share of the published (default 0.0625)
  --rate R        learning rate                                  (default 5e-4)
  --control       also train eagerly from weights that are off by one part in ten million: how far rounding alone leads.
                  Batch statistics of deep nets over few pixels amplify it; give such nets larger images, a lower rate

Columns: how far compiled scores are from eager ones, as a share of the largest; then how far, after the steps, the
trained weights and the moving statistics of batch normalisation are, as a share of their tensor's largest; the same
two of the control; how far training moved the weights. Exit status 1 where scores differ by more than 1e-4, or weights
by more than 1e-3 or a tenth of what they moved.
`
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '20' },
    image: { type: 'string', default: '128x128' },
    width: { type: 'string', default: '0.0625' },
    rate: { type: 'string', default: '5e-4' },
    control: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const [height, width] = values.image.split('x').map(Number)

if (values.help) process.stdout.write(help)
else await main()

async function main() {
  await useBackend('wasm', { threads: 1 })
  const names = positionals.length > 0 ? positionals : listRecipes().map(({ name }) => name)
  const columns = ['scores', 'weights', 'statistics', ...(values.control ? ['control', '(its stat.)'] : []), 'moved']
  console.log(`${['recipe'.padEnd(30), ...columns.map((name) => name.padEnd(11))].join(' ')} loss, first and last`)
  let failed = 0
  for (const name of names) {
    const { scores, trained, control, moved, losses } = await compare(name)
    const good = scores <= 1e-4 && trained.weights <= Math.min(1e-3, moved / 10)
    if (!good) failed++
    const numbers = [scores, ...[trained, control].flatMap((found) => Object.values(found ?? {})), moved]
    const row = [name.padEnd(30), ...numbers.map((number) => number.toExponential(1).padEnd(11))]
    console.log(`${row.join(' ')} ${losses[0].toFixed(4)} ${losses.at(-1).toFixed(4)}${good ? '' : '  DIFFERS'}`)
  }
  console.log(failed === 0 ? `${names.length} recipes, none differs` : `${failed} of ${names.length} recipes differ`)
  process.exitCode = failed === 0 ? 0 : 1
}

async function compare(name) {
  const engine = await compiledEngine({ fallback: 'error' })
  const [first, second] = [build(name), build(name)]
  const scores = await scoresDiffer(first.model, engine)
  const start = first.model.trainableWeights.map((weight) => weight.read().clone())
  const eager = await learn(first, (definition) => new EagerEngine().prepareStep(definition))
  const runtime = await loadOnnxRuntime()
  await learn(second, (definition) => compileStep(definition, runtime))
  const trained = distance(second.model, first.model)
  const control = values.control ? await learnDisturbed(name, first.model) : undefined
  const moved = worst(first.model.trainableWeights, start)
  tf.dispose(start)
  first.model.dispose()
  second.model.dispose()
  return { scores, trained, control, moved, losses: eager }
}

/** How far eager training ends from itself when its first weights are off by at most one part in ten million. */
async function learnDisturbed(name, undisturbed) {
  const built = build(name)
  const rng = new Rng(4)
  for (const weight of built.model.trainableWeights) {
    const numbers = Float32Array.from(weight.read().dataSync(), (value) => value * (1 + rng.uniform(-1e-7, 1e-7)))
    weight.write(tf.tensor(numbers, weight.shape))
  }
  await learn(built, (definition) => new EagerEngine().prepareStep(definition))
  const control = distance(built.model, undisturbed)
  built.model.dispose()
  return control
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
  const solver = sgd({ learningRate: Number(values.rate), momentum: 0.9, weightDecay: 0.0005, clipGradients: 1 }).bind(
    weights,
  )
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

function distance(model, other) {
  const [weights, statistics] = ['trainableWeights', 'nonTrainableWeights'].map((kind) =>
    worst(
      model[kind],
      other[kind].map((weight) => weight.read()),
    ),
  )
  return { weights, statistics }
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
