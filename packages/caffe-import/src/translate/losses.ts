import type { GraphLayer } from '../net/graph.js'
import type { LossReport } from './report.js'

/** What a loss layer says to training. */
export function lossReport({ name, type, bottoms, message }: GraphLayer): LossReport {
  const settings = message.messageOrEmpty('loss_param')
  const ignoreLabel = settings.number('ignore_label')
  return {
    name,
    type,
    bottoms: bottoms.map((blob) => blob.name),
    weight: message.numbers('loss_weight')[0] ?? 1,
    ...(ignoreLabel !== undefined && { ignoreLabel }),
    normalization: normalizationOf(type, settings),
  }
}

/** The legacy `normalize` counts only where `normalization` is not stated. */
function normalizationOf(type: string, settings: GraphLayer['message']): LossReport['normalization'] {
  const names = { FULL: 'full', VALID: 'valid', BATCH_SIZE: 'batch-size', NONE: 'none' } as const
  const stated = settings.text('normalization')
  if (stated !== undefined) return names[stated as keyof typeof names]
  const byDefault = type !== 'SigmoidCrossEntropyLoss'
  return settings.flag('normalize', byDefault) ? 'valid' : 'batch-size'
}
