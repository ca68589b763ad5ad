import { readFile } from 'node:fs/promises'
import type { ImportReport } from '@pixelwise/caffe-import'
import { type ImportFilesOptions, importCaffeFiles } from '@pixelwise/caffe-import/node'
import { PixelwiseError, type Preprocessing, useBackend } from '@pixelwise/core'
import { saveModel } from '@pixelwise/core/node'
import { env } from '@tensorflow/tfjs-core'
import { counted, grouped } from '../output/numbers.js'
import { note } from '../output/streams.js'
import { table } from '../output/table.js'

export interface ImportFolderOptions extends ImportFilesOptions {
  readonly out: string
  /** Path of a file with one class name per line. */
  readonly classes?: string
}

/** Imports a net and saves it as a model folder. Throws the errors of both, `import/no-preprocessing` and `import/other-classes`. */
export async function importFolder({ out, classes, ...options }: ImportFolderOptions): Promise<ImportReport> {
  // Spares people tfjs's advice to install another package, which does not concern a net that is only stored.
  env().set('PROD', true)
  // It keeps the weights where they were read, without a copy.
  await useBackend('cpu')
  const names = classes === undefined ? undefined : await readNames(classes)
  const { model, preprocessing, report } = await importCaffeFiles(options)
  try {
    if (preprocessing === undefined) {
      const [input] = report.inputs
      throw new PixelwiseError('import/no-preprocessing', {
        what: `input "${input?.name}" of ${options.net} has ${input?.shape[3]} channels`,
        rule: 'a model folder says what image its input is: 1 channel (grey), 3 (colour) or 4 (colour and depth)',
        next: 'use importCaffe of @pixelwise/caffe-import for nets whose input is no image',
      })
    }
    if (names !== undefined) requireClasses(names, report.outputs, classes)
    if (!isCentred(preprocessing, options))
      note('warning: no mean: pixels go in as they are; pass --mean if the net was trained with one')
    const provenance = {
      importedFrom: 'Caffe',
      net: report.net || options.net,
      weights: report.weights.format ?? 'random',
    }
    await saveModel(model, out, { description: { preprocessing, ...(names && { classes: names }), provenance } })
  } finally {
    model.dispose()
  }
  return report
}

/** Whether the net or an option says what is taken off the pixels, be it nothing. */
function isCentred({ mean }: Preprocessing, options: ImportFilesOptions): boolean {
  const isGiven = options.mean !== undefined || options.preprocessing?.mean !== undefined
  return isGiven || mean.some((value) => value !== 0)
}

/** Names that fit no output would be those of other classes. */
function requireClasses(names: readonly string[], outputs: ImportReport['outputs'], file = ''): void {
  const channels = outputs.map(({ shape }) => shape.at(-1) ?? names.length)
  if (channels.includes(names.length)) return
  throw new PixelwiseError('import/other-classes', {
    what: `${file} names ${counted(names.length, 'class', 'classes')}`,
    rule: `the net scores ${channels.join(' and ')}: ${outputs.map(({ name }) => name).join(', ')}`,
    next: 'write one name per line, background included, or leave --classes out',
  })
}

async function readNames(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new PixelwiseError('import/no-classes', {
      what: `cannot read ${file} (${cause.message})`,
      rule: 'it is a text file with one class name per line',
      next: 'check the path',
      cause,
    })
  })
  return text.split(/\r?\n/).filter((line) => line.trim() !== '')
}

/** The report as a table of layers and a summary. */
export function importText(report: ImportReport): string {
  const columns = [
    { heading: 'layer' },
    { heading: 'type' },
    { heading: 'became' },
    { heading: 'shape', align: 'right' },
    { heading: 'parameters', align: 'right' },
  ] as const
  const rows = report.layers.map(({ name, type, status, reason, modelName, tops, parameters }) => {
    const count = parameters.reduce((sum, { shape }) => sum + shape.reduce((size, axis) => size * axis, 1), 0)
    const became = reason !== undefined ? `– (${reason})` : modelName === undefined ? status : `mapped as ${modelName}`
    const shape = tops[0]?.shape.slice(1) ?? []
    const sizes = status === 'skipped' ? '' : shape.map((size) => size ?? '?').join('×')
    return [name, type, became, sizes, count === 0 ? '' : grouped(count)]
  })
  const blobs = (list: ImportReport['inputs']) =>
    list
      .map(
        ({ name, shape }) =>
          `${name} ${shape
            .slice(1)
            .map((size) => size ?? '?')
            .join('×')}`,
      )
      .join(', ')
  const { file, format, unused } = report.weights
  const lines = [
    table(columns, rows),
    '',
    ...report.upgrades.map((text) => `upgraded: ${text}`),
    `inputs: ${blobs(report.inputs)}`,
    `outputs: ${blobs(report.outputs)}`,
    `weights: ${file === undefined ? 'random' : `${file} (${format})`}`,
    ...(unused.length > 0 ? [`unused: ${unused.map(({ layer }) => layer).join(', ')}`] : []),
  ]
  return lines.join('\n')
}
