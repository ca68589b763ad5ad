// Trains a net that proposes regions on COCO's objects, and compares it with the net that it started as on images that it
// has not seen; exits with 1 where training was no use.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compiledEngine } from '@pixelwise/compiler/node'
import { coreLayers, LayerRegistry, PixelwiseError, Registry, Rng, useBackend } from '@pixelwise/core'
import { loadModel, saveModel } from '@pixelwise/core/node'
import { mirror } from '@pixelwise/datasets'
import { openCoco } from '@pixelwise/datasets/node'
import { initialise } from '@pixelwise/fcn'
import { regionBatch, regionDescription, regionLoss } from '@pixelwise/pairwise-regions'
import { adam, sampledBatches, stochasticSampler, train } from '@pixelwise/training'
import { checkpointFolder, interruptSignal, progressBar } from '@pixelwise/training/node'
import { nets } from './nets.mjs'
import { averageRecall } from './recall.mjs'

const values = optionsOf({
  root: { type: 'string', default: 'coco' },
  train: { type: 'string', default: 'train2017' },
  val: { type: 'string', default: 'val2017' },
  images: { type: 'string', default: '100' },
  net: { type: 'string', default: 'small' },
  weights: { type: 'string' },
  steps: { type: 'string', default: '200' },
  rate: { type: 'string', default: '3e-3' },
  seed: { type: 'string', default: '1' },
  out: { type: 'string', default: 'out' },
  resume: { type: 'boolean' },
})
const [steps, images] = [Number(values.steps), Number(values.images)]

try {
  await main()
} catch (error) {
  if (!(error instanceof PixelwiseError)) throw error
  console.error(`error: ${error.message}`)
  process.exitCode = 1
}

async function main() {
  await useBackend('wasm', { threads: 1 }) // only holds the weights: ONNX Runtime computes
  const engine = await compiledEngine()
  const net = new Registry('net', Object.entries(nets)).get(values.net)()
  if (values.weights !== undefined) await takeWeights(net, values.weights)
  const training = await openCoco(values.root, { split: values.train })
  const unseen = await openCoco(values.root, { split: values.val })

  const before = await averageRecall(net, unseen, engine, images)
  const { stopped, step } = await learn(net, training, engine)
  if (stopped === 'aborted') {
    console.error(`stopped after step ${step}; go on with --resume`)
    process.exitCode = 130
    return
  }
  const after = await averageRecall(net, unseen, engine, images)
  const model = join(values.out, 'model')
  await saveModel(net.model, model, { description: regionDescription(net) })

  console.log(`wrote ${model}; average recall on ${Math.min(images, unseen.length)} images that it has not seen:`)
  console.log('             AR@10   AR@100  AR@1000')
  console.log(`untrained  ${before.map(percent).join('  ')}`)
  console.log(`trained    ${after.map(percent).join('  ')}`)
  if (after.every((recall, i) => recall > before[i])) return
  console.error('training was no use: train for longer, or at a lower rate')
  process.exitCode = 1
}

/** One image a step, drawn uniformly from all, whatever came before (Long 2016, §4.4.4), every other one mirrored. */
async function learn(net, data, engine) {
  const checkpoints = checkpointFolder(join(values.out, 'checkpoints'))
  const rng = new Rng(values.seed)
  const bar = progressBar()
  const interrupt = interruptSignal()
  try {
    return await train({
      engine,
      model: net.model,
      loss: regionLoss(net),
      solver: adam({
        learningRate: {
          policy: 'multistep',
          base: Number(values.rate),
          gamma: 0.3,
          stepValues: [0.6, 0.85].map(stepAt),
        },
        // Pathways learn at the full rate; what comes trained, at a tenth of it.
        ...(values.weights !== undefined && {
          multipliers: (weight) => (isOfPathway(weight, net) ? {} : { learningRate: 0.1 }),
        }),
      }),
      steps,
      rng,
      data: sampledBatches({
        sampler: stochasticSampler(data.length, rng.split('order')),
        load: async ([index], draw) => {
          const sample = await data.at(index)
          const turned = draw.split('mirror').uniform() < 0.5 ? mirror(sample) : sample
          return regionBatch([turned], { net, rng: draw, regions: 32, size: batchSize(turned.image) })
        },
      }),
      checkpoint: { every: 500, save: checkpoints.save },
      resume: values.resume ? await checkpoints.latest() : undefined,
      signal: interrupt.signal,
      onStep: bar.step,
    })
  } finally {
    bar.end()
    interrupt.dispose()
  }
}

function stepAt(share) {
  return Math.max(1, Math.round(share * steps))
}

/** Sizes of batches are few, as each is compiled: COCO's images of up to 640 pixels on a side become multiples of 128. */
function batchSize({ height, width }) {
  const unit = Math.max(height, width) > 256 ? 128 : 16
  return [height, width].map((length) => unit * Math.ceil(length / unit))
}

/** The pathways' weights are named after their tap: `conv2_2/regions/kernel`. */
function isOfPathway(weight, { pathways }) {
  return pathways.some(({ name }) => weight.startsWith(`${name}/`) && weight.split('/').length === 3)
}

async function takeWeights({ model }, folder) {
  const { model: source } = await loadModel(folder, { layers: new LayerRegistry(coreLayers) })
  const layers = initialise(model, source)
  source.dispose()
  console.error(`weights of ${layers.length} layers come from ${folder}`)
}

function percent(share) {
  return `${(100 * share).toFixed(1).padStart(5)} %`
}

/** The values of options; a mistyped one is told in a line, with exit code 2. */
function optionsOf(options) {
  try {
    return parseArgs({ options }).values
  } catch ({ message }) {
    console.error(`error: ${message.split('. ')[0]}; known: --${Object.keys(options).join(', --')}`)
    process.exit(2)
  }
}
