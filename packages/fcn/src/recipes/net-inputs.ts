import { checkPreprocessing, type ModelDescription, PixelwiseError } from '@pixelwise/core'
import type { Recipe, RecipeInput } from './recipe.js'

/**
 * How the description of a model folder tells what the net sees: `preprocessing` of its first input and, where it has
 * several, all of them under `extensions.inputs`.
 *
 * @example
 * await saveModel(model, folder, { description: { ...describeInputs(recipe), classes } })
 */
export function describeInputs({ data: { inputs } }: Recipe): Pick<ModelDescription, 'preprocessing' | 'extensions'> {
  const [{ preprocessing }] = inputs
  if (inputs.length === 1) return { preprocessing }
  const plain = inputs.map(({ from, preprocessing: { mean, scale, ...rest } }) => ({
    from,
    preprocessing: { ...rest, mean: [...mean], scale: [...scale] },
  }))
  return { preprocessing, extensions: { inputs: plain } }
}

/**
 * What each input of a net is made of, by the description of its model folder; in the net's order.
 *
 * A net of one input sees the image, whatever it shows (colours, HHA, depth), unless its input is `rgbd`: then it sees
 * the depth too. Throws `fcn/bad-inputs`, and `preprocessing/invalid`.
 */
export function netInputs({ preprocessing, extensions }: ModelDescription, origin = 'the model'): RecipeInput[] {
  const stored = extensions?.inputs
  if (stored === undefined) return [{ from: preprocessing.inputKind === 'rgbd' ? 'rgbd' : 'image', preprocessing }]
  if (!Array.isArray(stored) || stored.length === 0) throw badInputs(origin, stored)
  return stored.map((input: unknown, i) => {
    const { from, preprocessing: own } = (input ?? {}) as Readonly<Record<string, unknown>>
    if (from !== 'image' && from !== 'hha' && from !== 'rgbd') throw badInputs(origin, input)
    return { from, preprocessing: checkPreprocessing(own, `${origin}: extensions.inputs[${i}]`) }
  })
}

function badInputs(origin: string, value: unknown): PixelwiseError {
  return new PixelwiseError('fcn/bad-inputs', {
    what: `${origin}: extensions.inputs holds ${JSON.stringify(value)}`,
    rule: 'it is a list with { from, preprocessing } for each input of the net, from being image, hha or rgbd',
    next: 'write it as describeInputs(recipe) does, or leave it out for a net of one input',
  })
}
