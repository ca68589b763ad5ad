/**
 * The run that scripts/kill-test.mjs kills: FCN-8s with dropout, augmented scenes of mixed sizes, evaluations, checkpoints.
 *
 *     node scripts/kill-test/worker.mjs FOLDER ENGINE STEPS
 *
 * Prints `step` after each step, `writing` before and `written` after each checkpoint, so that its killer can choose the
 * moment, and `done` at the end.
 */
import { vggSmall } from '@pixelwise/backbones'
import { compiledEngine } from '@pixelwise/compiler/node'
import { EagerEngine, Rng, useBackend } from '@pixelwise/core'
import { inOrder, randomCrop, randomJitter, randomMirror, randomScale, synthesizeScene } from '@pixelwise/datasets'
import { fcn8s, pixelBatch, pixelLoss } from '@pixelwise/fcn'
import { sampledBatches, sgd, shuffledSampler, train } from '@pixelwise/training'
import { openRunFolder } from '@pixelwise/training/node'
import * as tf from '@tensorflow/tfjs-core'

const [folder, engineName, stepsText] = process.argv.slice(2)
const steps = Number(stepsText)
const classes = 6

tf.env().set('PROD', true)
await useBackend('wasm', { threads: 1 })
// Threads of ONNX Runtime would make this test wait for other processes; results do not depend on their number here.
const engine =
  engineName === 'compiled' ? await compiledEngine({ fallback: 'error', intraOpNumThreads: 1 }) : new EagerEngine()
const backbone = vggSmall({ seed: 1, dropout: 0.5 })
const model = fcn8s(backbone, { classes })
const rng = new Rng(7)
const sizes = [
  [32, 48],
  [48, 32],
]
const scenes = Array.from({ length: 9 }, (_, i) => {
  const [height, width] = sizes[i % sizes.length]
  return { id: `scene ${i}`, ...synthesizeScene(new Rng(i), { height, width }) }
})
const augment = inOrder(randomScale(0.8, 1.2), randomMirror(), randomJitter(4), randomCrop(32, 40))
const batchOf = (examples) => pixelBatch(examples, backbone)

const run = await openRunFolder(folder, { config: { engineName, steps }, resume: true, every: 2 })
const announced = (save) => async (checkpoint) => {
  process.stdout.write('writing\n')
  await save(checkpoint)
  process.stdout.write('written\n')
}
await train({
  engine,
  model,
  loss: pixelLoss(),
  data: sampledBatches({
    sampler: shuffledSampler(scenes.length, rng.split('order')),
    load: async (indices, draw) => batchOf(indices.map((index) => augment(scenes[index], draw))),
  }),
  solver: sgd({
    learningRate: { policy: 'poly', base: 0.05, power: 0.9, maxSteps: steps },
    momentum: 0.9,
    iterSize: 2,
  }),
  steps,
  rng,
  checkpoint: {
    ...run.checkpoint,
    save: announced(run.checkpoint.save),
    saveBest: announced(run.checkpoint.saveBest),
  },
  evaluation: { every: 3, score: evaluate },
  resume: run.resumeFrom,
  onStep: (event) => {
    run.step(event)
    process.stdout.write('step\n')
  },
})
run.close()
process.stdout.write('done\n')

/** The negative loss on one scene that is not trained on. */
async function evaluate(step) {
  const scene = { id: 'held out', ...synthesizeScene(new Rng('held out'), { height: 48, width: 48 }) }
  const { inputs, targets } = batchOf([scene])
  const prepared = await engine.prepare(model)
  const outputs = await prepared.run(inputs)
  const loss = pixelLoss()(outputs, targets)
  const [value] = await loss.data()
  tf.dispose([loss, ...outputs, ...inputs, ...targets])
  prepared.dispose()
  run.evaluation(step, { negativeLoss: -value })
  return -value
}
