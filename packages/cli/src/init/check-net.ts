import type { BackboneBuilder } from '@pixelwise/backbones'
import { type Registry, useBackend } from '@pixelwise/core'
import { datasetLayouts } from '@pixelwise/datasets/node'
import type { Recipe } from '@pixelwise/fcn'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { env } from '@tensorflow/tfjs-core'
import type { InitNet } from './config-text.js'

/**
 * Holds what a configuration would be written for against what training would refuse: a stride that the backbone does not
 * pass through, a data set without the parts that a recipe's net sees.
 *
 * Throws `registry/unknown`, `usage/no-such-stride`, `usage/no-backbone` and `usage/recipe-does-not-fit`.
 */
export async function checkNet(net: InitNet, kind: string, backbones: Registry<BackboneBuilder>): Promise<void> {
  if (!('recipe' in net)) return checkStride(net.backbone, net.stride, backbones)
  checkLayout(net.recipe, kind)
  if (net.backbone !== undefined) await checkStride(net.backbone, strideOf(net.recipe), backbones)
}

/** The stride of a recipe's head, which another backbone must have too. */
function strideOf({ name, net }: Recipe): number {
  if ('backbone' in net) return net.head.stride
  throw new PixelwiseError('usage/no-backbone', {
    what: `--backbone beside recipe ${name}, whose net is ${net.kind}`,
    rule: 'such a net has no backbone: it is described as a whole',
    next: 'leave --backbone out, or choose another recipe; "pixelwise recipes" lists them',
  })
}

async function checkStride(name: string, stride: number, backbones: Registry<BackboneBuilder>): Promise<void> {
  const build = backbones.get(name)
  // Spares people tfjs's advice to install another package; the backend only holds the weights of a narrow net.
  env().set('PROD', true)
  await useBackend('cpu')
  const { model, taps } = build({ width: 1 / 16 })
  model.dispose()
  const strides = [...new Set(taps.map(({ map }) => map.rows.stride))]
  if (strides.includes(stride)) return
  throw new PixelwiseError('usage/no-such-stride', {
    what: `a head of stride ${stride} on backbone ${name}`,
    rule: `the backbone's taps have strides ${strides.join(', ')}`,
    next: 'pass one of these as --stride, or a recipe with such a head',
  })
}

/** Any pictures with labels do for most recipes, with classes of their own; some see more than colours. */
function checkLayout(recipe: Recipe, kind: string): void {
  const layouts = datasetLayouts()
  for (const part of partsOf(recipe)) {
    const having = layouts.names().filter((name) => layouts.get(name).parts?.includes(part))
    if (!having.includes(kind)) throw doesNotFit(recipe, kind, `its net sees ${part}`, having)
  }
  const { targets, train } = recipe.data
  if (targets.some(({ from }) => from === 'geometric') && kind !== train.layout) {
    throw doesNotFit(recipe, kind, 'its net learns geometric labels', [train.layout])
  }
}

function partsOf({ data }: Recipe): ('depth' | 'hha')[] {
  return data.inputs.flatMap(({ from }) => (from === 'image' ? [] : from === 'rgbd' ? 'depth' : 'hha'))
}

function doesNotFit({ name }: Recipe, kind: string, needs: string, having: readonly string[]): PixelwiseError {
  return new PixelwiseError('usage/recipe-does-not-fit', {
    what: `recipe ${name} beside --kind ${kind}`,
    rule: `${needs}, which only data of kind ${having.join(' or ')} has`,
    next: 'choose another kind or recipe; "pixelwise recipes" lists them',
  })
}
