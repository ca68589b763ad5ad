import { join } from 'node:path'
import { saveModel } from '@pixelwise/core/node'
import type { Dataset } from '@pixelwise/datasets'
import { encodePng } from '@pixelwise/datasets'
import { describeInputs, type Recipe } from '@pixelwise/fcn'
import { PixelwiseError, Rng } from '@pixelwise/masks/shared'
import type { ConfusionMatrix, Scores } from '@pixelwise/metrics'
import { restoreWeights, type TrainResult, train } from '@pixelwise/training'
import { interruptSignal, openRunFolder, progressBar, type RunFolder } from '@pixelwise/training/node'
import { colourize, mosaic } from '@pixelwise/visuals'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { type OpenedEngine, openEngine } from '../engines/open-engine.js'
import { progress } from '../output/progress.js'
import { note } from '../output/streams.js'
import { pluginNameIn } from '../plugins/find-plugins.js'
import type { Known } from '../plugins/load-plugins.js'
import { version } from '../version.js'
import { batchesOf } from './batches.js'
import { buildNet, buildSolver } from './build-net.js'
import { openSplit } from './open-split.js'
import { resolvePlan, type TrainPlan } from './resolve-plan.js'
import { scoreNet } from './score-net.js'
import type { TrainConfig } from './train-config.js'
import { type ReportExample, writeReport } from './write-report.js'

/** What came of a training run. */
export interface TrainingOutcome {
  readonly folder: string
  readonly result: TrainResult
  /** The model folder that was written: the best net where it was scored, else the last; null after Ctrl-C. */
  readonly model: string | null
  readonly report: string | null
  /** Scores of that net on the held-out split. */
  readonly scores: Scores | null
}

/** Everything of a run that is open while it lasts. */
interface Session {
  readonly plan: TrainPlan
  readonly recipe: Recipe
  readonly steps: number
  readonly opened: OpenedEngine
  readonly model: LayersModel
  readonly validation: Dataset | undefined
  readonly run: RunFolder
  /** A line beside the progress bar. */
  readonly tell: (text: string) => void
}

/**
 * Trains the net of a configuration in the folder `out`, and writes its model and its report there.
 *
 * Ctrl-C finishes the step, stores a checkpoint and stops. Throws the errors of what it uses, which say where and what.
 */
export async function runTraining(
  config: TrainConfig,
  known: Known,
  out: string,
  resume: boolean,
): Promise<TrainingOutcome> {
  const opened = await openEngine(config.engine)
  const plan = resolvePlan(config, known.backbones)
  const trainData = await openSplit(plan.train, plan.recipe)
  const validation = plan.validation === undefined ? undefined : await openSplit(plan.validation, plan.recipe)
  requireExamples(trainData)
  const recipe = forClasses(plan.recipe, trainData)
  const steps = stepsOf(plan, recipe, trainData.length)
  const every = config.evaluation.every ?? Math.max(1, Math.ceil(steps / 10))
  const { model, loss } = await buildNet(plan, recipe, known)
  const solver = buildSolver(plan, steps, model)
  const run = await openRunFolder(out, {
    config: {
      ...storedConfig(plan, recipe, steps, opened, every),
      plugins: known.plugins.map((plugin) => pluginNameIn(out, plugin)),
    },
    resume,
    mayChange: ['steps', 'checkpoints', 'evaluation', 'version', 'plugins'],
    every: config.checkpoints.every ?? Math.max(1, Math.ceil(steps / 20)),
    keep: config.checkpoints.keep,
  })
  const bar = progressBar()
  const tell = (text: string) => {
    bar.end()
    note(text)
  }
  const session: Session = { plan, recipe, steps, opened, model, validation, run, tell }
  const interrupt = interruptSignal()
  try {
    if (run.resumeFrom !== undefined) note(`going on after step ${run.resumeFrom.step}`)
    note(
      `training ${model.name}, ${model.countParams().toLocaleString('en')} weights, on ${trainData.length} images, engine ${opened.label}`,
    )
    if (config.evaluation.before && validation !== undefined && run.resumeFrom === undefined) {
      await evaluate(session, validation, 0)
    }
    const rng = new Rng(config.seed)
    const result = await train({
      engine: opened.engine,
      model,
      loss,
      solver,
      data: await batchesOf(trainData, recipe, plan.sampler, rng, progress('reading labels')),
      steps,
      rng,
      checkpoint: run.checkpoint,
      ...(validation !== undefined && {
        evaluation: {
          every,
          score: (step) => evaluate(session, validation, step),
          patience: config.evaluation.patience,
        },
      }),
      resume: run.resumeFrom,
      signal: interrupt.signal,
      onStep: (event) => {
        run.step(event)
        bar.step(event)
      },
    })
    bar.end()
    if (result.stopped === 'aborted') return { folder: out, result, model: null, report: null, scores: null }
    return await finish(session, result, trainData)
  } finally {
    bar.end()
    interrupt.dispose()
    run.close()
    model.dispose()
  }
}

/** Scores the net on the held-out images, logs it and keeps some pictures; the score is the mean IU. */
async function evaluate(
  { plan, recipe, opened, model, run, tell }: Session,
  data: Dataset,
  step: number,
): Promise<number> {
  const { images, samples } = plan.config.evaluation
  const matrix = await scoreNet(opened.engine, model, data, recipe, {
    images,
    onPrediction: ({ id, image, labels }, prediction, index) => {
      if (index >= samples || labels === undefined) return
      const { palette } = data.classes
      const picture = mosaic([image, colourize(labels, palette), colourize(prediction, palette)], { columns: 3 })
      run.sample(step, plainName(id), { height: picture.height, width: picture.width, png: encodePng(picture) })
    },
  })
  const scores = matrix.scores()
  run.evaluation(step, { ...scores })
  tell(`step ${step}: mean IU ${(100 * scores.meanIU).toFixed(2)} % on ${data.split}`)
  return scores.meanIU
}

/** The best net, or the last, becomes a model folder; its scores and pictures a report. */
async function finish(session: Session, result: TrainResult, trainData: Dataset): Promise<TrainingOutcome> {
  const { plan, recipe, opened, model, run, validation } = session
  const best = await run.best()
  if (best !== undefined) restoreWeights(model, best)
  const folder = join(run.path, 'model')
  const { names, palette } = trainData.classes
  await saveModel(model, folder, {
    description: {
      ...describeInputs(recipe),
      classes: names,
      palette: names.map((_, label) => [palette[3 * label], palette[3 * label + 1], palette[3 * label + 2]]),
      provenance: {
        madeBy: `pixelwise train ${version()}`,
        recipe: recipe.name,
        data: `${trainData.name} ${trainData.split}`,
        step: best?.step ?? result.step,
        seed: plan.config.seed,
      },
    },
  })
  let matrix: ConfusionMatrix | undefined
  const examples: ReportExample[] = []
  if (validation !== undefined) {
    matrix = await scoreNet(opened.engine, model, validation, recipe, {
      onProgress: progress('scoring'),
      onPrediction: ({ id, image, labels }, prediction) => {
        if (examples.length >= 8 || labels === undefined) return
        const picture = (map: typeof prediction) => encodePng(colourize(map, validation.classes.palette))
        examples.push({ name: id, image: encodePng(image), truth: picture(labels), prediction: picture(prediction) })
      },
    })
  }
  const report = await writeReport({ ...session, result, matrix, examples, trainData, step: best?.step ?? result.step })
  return { folder: run.path, result, model: folder, report, scores: matrix?.scores() ?? null }
}

/** Classes are those of the data set; a recipe for another one says so. */
function forClasses(recipe: Recipe, data: Dataset): Recipe {
  const classes = data.classes.names.length
  const ignoreLabel = data.classes.ignoreLabel ?? recipe.loss.ignoreLabel
  const { net } = recipe
  if (typeof net.classes !== 'number') return { ...recipe, loss: { ...recipe.loss, ignoreLabel } }
  if (net.classes !== classes && recipe.published.source !== 'none') {
    note(`the net scores the ${classes} classes of ${data.name} instead of the recipe's ${net.classes}`)
  }
  return { ...recipe, net: { ...net, classes }, loss: { ...recipe.loss, ignoreLabel } }
}

function stepsOf({ steps, solver }: TrainPlan, recipe: Recipe, examples: number): number {
  if (steps !== undefined) return steps
  const { length } = recipe.solver
  if ('steps' in length) return length.steps
  return Math.ceil((length.epochs * examples) / (recipe.data.batchSize * (solver.iterSize ?? 1)))
}

function requireExamples({ length, name, split }: Dataset): void {
  if (length > 0) return
  throw new PixelwiseError('train/no-examples', {
    what: `${name}, ${split} has no examples`,
    rule: 'there must be something to learn from',
    next: 'check data.root and the split',
  })
}

/** What a resumed run is compared with: all that decides its numbers, and where the data lies. */
function storedConfig(plan: TrainPlan, recipe: Recipe, steps: number, { label }: OpenedEngine, every: number) {
  const { config, solver, sampler, train: trainSplit, validation, width } = plan
  const { net, loss, data } = recipe
  return {
    version: version(),
    recipe: recipe.name,
    net,
    width: width ?? 1,
    initialise: config.initialise,
    freeze: config.freeze,
    loss,
    solver,
    steps,
    data: { train: trainSplit, validation: validation ?? null },
    inputs: data.inputs,
    targets: data.targets,
    sampler,
    batchSize: data.batchSize,
    augmentation: data.augmentation,
    seed: config.seed,
    engine: label,
    checkpoints: config.checkpoints,
    evaluation: { ...config.evaluation, every },
  }
}

function plainName(id: string): string {
  return id.replaceAll(/[^\w.-]+/g, '_')
}
