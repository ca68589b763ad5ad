import type { BackboneBuilder } from '@pixelwise/backbones'
import type { Preprocessing, Registry } from '@pixelwise/core'
import type { Recipe, RecipeInput, RecipeNet } from '@pixelwise/fcn'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { NetConfig } from './train-config.js'

/**
 * A recipe whose net stands on another backbone, such as one that learns from scratch: head, inputs, labels and data stay.
 *
 * Colours are prepared as the backbone wants them. What it never saw keeps the recipe's mean: HHA, scaled as the
 * backbone's colours are, and the logarithm of depth, as it is. First weights are no longer those of the recipe.
 *
 * Throws `train/no-backbone` for a recipe whose net has none.
 */
export function recipeOnBackbone(
  recipe: Recipe,
  { backbone, options }: Extract<NetConfig, { recipe: string }>,
  backbones: Registry<BackboneBuilder>,
): Recipe {
  const { net } = recipe
  if (backbone === undefined && Object.keys(options).length === 0) return recipe
  if (net.kind !== 'fcn' && net.kind !== 'late-fusion') throw noBackbone(recipe)
  if (backbone === undefined) return { ...recipe, net: withOptions(net, { ...net.options, ...options }) }
  const { inputChannels } = net.options
  const trunk = backbones.get(backbone)({ width: 1 / 16 })
  trunk.model.dispose()
  return {
    ...recipe,
    net: { ...withOptions(net, { ...(inputChannels !== undefined && { inputChannels }), ...options }), backbone },
    data: { ...recipe.data, inputs: recipe.data.inputs.map((input) => inputFor(input, trunk.preprocessing)) },
    initialisation: [],
  }
}

type TrunkNet = Extract<RecipeNet, { backbone: string }>

function withOptions<Net extends TrunkNet>(net: Net, options: Net['options']): Net {
  return { ...net, options }
}

function inputFor({ from, preprocessing: published }: RecipeInput, colours: Preprocessing): RecipeInput {
  if (from === 'image') return { from, preprocessing: colours }
  if (from === 'hha') return { from, preprocessing: { ...published, scale: colours.scale } }
  const [mean, scale] = [published.mean[3], published.scale[3]]
  const preprocessing = {
    ...colours,
    inputKind: published.inputKind,
    mean: [...colours.mean, mean],
    scale: [...colours.scale, scale],
  }
  return { from, preprocessing }
}

function noBackbone({ name, net }: Recipe): PixelwiseError {
  return new PixelwiseError('train/no-backbone', {
    what: `net.backbone, pad, outputStride or dropout beside recipe ${name}, whose net is ${net.kind}`,
    rule: 'such a net has no backbone: it is described as a whole',
    next: 'leave them out, or choose a recipe upon a backbone; "pixelwise recipes" lists them',
  })
}
