import type { GraphLayer } from '../net/graph.js'

/** Layers that bring data in: their tops become inputs of the model. */
const dataTypes = new Set([
  'Input',
  'Data',
  'DummyData',
  'HDF5Data',
  'ImageData',
  'ImageSegData',
  'MemoryData',
  'WindowData',
  'WindowSegData',
  'WindowSegBinary',
])

/** Layers that measure: they are told to training and left out of the model. */
const lossTypes = new Set([
  'ContrastiveLoss',
  'EuclideanLoss',
  'HingeLoss',
  'InfogainLoss',
  'MultinomialLogisticLoss',
  'SigmoidCrossEntropyLoss',
  'SoftmaxWithLoss',
])

const measuringTypes = new Set(['Accuracy', 'EltwiseAccuracy', 'HDF5Output', 'Silence'])

export function isData({ type, bottoms }: GraphLayer): boolean {
  return dataTypes.has(type) || (type === 'Python' && bottoms.length === 0)
}

export function isLoss({ type }: GraphLayer): boolean {
  return lossTypes.has(type)
}

export function isMeasuring({ type }: GraphLayer): boolean {
  return measuringTypes.has(type)
}

/** The name a layer's translator is found by: its type, or for Python layers `module.layer`. */
export function translatorName({ type, message }: GraphLayer): string {
  if (type !== 'Python') return type
  const settings = message.messageOrEmpty('python_param')
  return `${settings.text('module', '')}.${settings.text('layer', '')}`
}
