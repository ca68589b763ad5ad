import { PixelwiseError } from '@pixelwise/masks/shared'
import { dispose, mul, sum, type Tensor, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { EagerEngine } from '../eager-engine.js'
import type { Engine, PreparedModel } from '../engine.js'

/** What a prediction is run with. */
export interface EngineOptions {
  /** How the net is run; eagerly on the current tfjs backend unless told. Not used for a model that is prepared already. */
  readonly engine?: Engine
  /** Which output of a net with several; the first unless told. */
  readonly output?: number
}

/**
 * Scores of images that are prepared already, at the images' size.
 *
 * Shapes: `[N, H, W, C]` float32 → `[N, H, W, classes]`. The caller disposes the result and keeps the images.
 * Throws `predict/…`: disposed, wrong-rank, empty, wrong-channels, fixed-size, several-inputs, no-output, not-finite, size-changed.
 */
export async function predictTensor(
  model: LayersModel | PreparedModel,
  images: Tensor4D,
  options: EngineOptions = {},
): Promise<Tensor4D> {
  checkImages(images)
  await checkFinite(images)
  return withPrepared(model, options, (run) => run(images))
}

/** Scores of images whose values are known to be finite. */
export type RunImages = (images: Tensor4D) => Promise<Tensor4D>

/** Prepares a model for as long as `use` lasts. */
export async function withPrepared<T>(
  model: LayersModel | PreparedModel,
  { engine = new EagerEngine(), output = 0 }: EngineOptions,
  use: (run: RunImages) => Promise<T>,
): Promise<T> {
  const isPrepared = 'run' in model
  const prepared = isPrepared ? model : await engine.prepare(model)
  try {
    return await use(async (images) => {
      if (!isPrepared) checkFits(model, images)
      return scoresOf(prepared, images, output)
    })
  } finally {
    if (!isPrepared) prepared.dispose()
  }
}

async function scoresOf(prepared: PreparedModel, images: Tensor4D, output: number): Promise<Tensor4D> {
  const outputs = await prepared.run([images])
  const scores = outputs[output]
  try {
    checkOutput(output, outputs.length)
    checkSize(scores, images)
  } catch (error) {
    dispose(outputs)
    throw error
  }
  dispose(outputs.filter((other) => other !== scores))
  return scores as Tensor4D
}

function checkImages(images: Tensor): void {
  if (images.isDisposed) {
    throw new PixelwiseError('predict/disposed', {
      what: `an input of shape [${images.shape.join(', ')}] that was disposed`,
      rule: 'its values are needed until the prediction has been awaited',
      next: 'dispose it after that, and make it outside of tf.tidy',
    })
  }
  if (images.rank !== 4) {
    throw new PixelwiseError('predict/wrong-rank', {
      what: `an input of shape [${images.shape.join(', ')}]`,
      rule: 'images are [N, H, W, C]',
      next: images.rank === 3 ? 'add the batch axis with tf.expandDims(image, 0)' : 'reshape it',
    })
  }
  if (images.size === 0) {
    throw new PixelwiseError('predict/empty', {
      what: `an input of shape [${images.shape.join(', ')}]`,
      rule: 'there is at least one image of at least one pixel',
      next: 'check the files or the crop that it comes from',
    })
  }
}

/** NaN · 0 and ∞ · 0 are NaN, so one sum tells, with kernels that every backend has. */
async function checkFinite(images: Tensor4D): Promise<void> {
  const total = tidy(() => sum(mul(images, 0)))
  const [value] = await total.data()
  total.dispose()
  if (value === 0) return
  throw new PixelwiseError('predict/not-finite', {
    what: `an input of shape [${images.shape.join(', ')}] that contains NaN or infinity`,
    rule: 'image values are finite numbers',
    next: 'fill what is missing (holes of a depth image) before prediction',
  })
}

/** Checks that a net has this output. */
export function checkOutput(output: number, count: number): void {
  if (Number.isInteger(output) && output >= 0 && output < count) return
  throw new PixelwiseError('predict/no-output', {
    what: `output ${output} of a net with ${count}`,
    rule: 'outputs are counted from 0',
    next: `pass output: 0${count > 1 ? ` to ${count - 1}` : ''}`,
  })
}

/** Checks that a net takes images and nothing else. */
export function checkOneInput(model: LayersModel): void {
  if (model.inputs.length !== 1) {
    throw new PixelwiseError('predict/several-inputs', {
      what: `model "${model.name}" has ${model.inputs.length} inputs`,
      rule: 'images are predicted with nets of one input',
      next: 'use engine.prepare(model) and run([first, second, …])',
    })
  }
}

function checkFits(model: LayersModel, images: Tensor4D): void {
  checkOneInput(model)
  const [, height, width, channels] = model.inputs[0].shape
  const [, h, w, c] = images.shape
  if (channels != null && channels !== c) {
    throw new PixelwiseError('predict/wrong-channels', {
      what: `images of ${c} channels for model "${model.name}"`,
      rule: `it takes ${channels}`,
      next: 'check inputKind of the preprocessing',
    })
  }
  if ((height != null && height !== h) || (width != null && width !== w)) {
    throw new PixelwiseError('predict/fixed-size', {
      what: `images of ${h}×${w} pixels for model "${model.name}"`,
      rule: `it is built for ${height ?? 'any'}×${width ?? 'any'}`,
      next: 'build it with inputs of shape [null, null, C] for images of any size, or resize the images',
    })
  }
}

function checkSize(scores: Tensor, images: Tensor4D): void {
  const [count, height, width] = images.shape
  const fits = scores.rank === 4 && scores.shape[0] === count && scores.shape[1] === height && scores.shape[2] === width
  if (fits) return
  throw new PixelwiseError('predict/size-changed', {
    what: `scores of shape [${scores.shape.join(', ')}] for images of shape [${images.shape.join(', ')}]`,
    rule: 'a net for dense prediction gives [N, H, W, classes] at the size of its input',
    next: 'end the net with an upsampling and a crop to its input (BilinearUpsampling, CropLike)',
  })
}
