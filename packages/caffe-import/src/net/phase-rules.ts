import { PixelwiseError } from '@pixelwise/masks/shared'
import { shortName } from '../names.js'
import type { Message } from '../prototxt/message.js'
import { place } from '../prototxt/tokens.js'

/** What a net is built for; layers say by rules in which states they take part. */
export interface NetState {
  readonly phase: 'TRAIN' | 'TEST'
  readonly level: number
  readonly stages: readonly string[]
}

/**
 * Whether a layer takes part: it needs one matching `include` rule if it has any, and no matching `exclude` rule.
 *
 * Throws `caffe/both-rules` for a layer with rules of both kinds. Source: Caffe's net.cpp.
 */
export function takesPart(layer: Message, state: NetState, name: string): boolean {
  const includes = layer.messages('include')
  const excludes = layer.messages('exclude')
  if (includes.length > 0 && excludes.length > 0) {
    throw new PixelwiseError('caffe/both-rules', {
      what: `${place(name, layer.at)}: layer "${shortName(layer.text('name', ''))}" has include and exclude rules`,
      rule: 'a layer has rules of one kind',
      next: 'write the rules as include only',
    })
  }
  if (includes.length > 0) return includes.some((rule) => matches(rule, state))
  return !excludes.some((rule) => matches(rule, state))
}

function matches(rule: Message, { phase, level, stages }: NetState): boolean {
  return (
    rule.text('phase', phase) === phase &&
    level >= rule.number('min_level', level) &&
    level <= rule.number('max_level', level) &&
    rule.texts('stage').every((stage) => stages.includes(stage)) &&
    !rule.texts('not_stage').some((stage) => stages.includes(stage))
  )
}
