import { join } from 'node:path'
import { Command } from 'commander'
import { progress } from '../output/progress.js'
import { bold, note, print, printJson } from '../output/streams.js'
import { table } from '../output/table.js'

/** `pixelwise models`: the published Caffe models, and how to get them. */
export function modelsCommand(): Command {
  const list = new Command('list')
    .description('list the published Caffe models that are known')
    .option('--json', 'print JSON: with addresses and licences')
    .addHelpText('after', '\nExamples:\n  pixelwise models list\n  pixelwise models list --json')
    .action(listModels)
  const download = new Command('download')
    .description('download the weights and the net of a published model')
    .argument('<name>', 'its name in the list')
    .option('--out <dir>', 'where to put them', '.')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A download that broke off goes on where it stopped. http_proxy, https_proxy and no_proxy are obeyed.

Examples:
  pixelwise models download voc-fcn8s --out models
  pixelwise import-caffe --net models/voc-fcn8s.prototxt --weights models/voc-fcn8s.caffemodel --out fcn8s`,
    )
    .action(downloadModel)
  return new Command('models')
    .description('published Caffe models: list, download')
    .addHelpText(
      'after',
      '\nEvery command takes --json.\n\nExamples:\n  pixelwise models list\n  pixelwise models download voc-fcn8s --out models',
    )
    .addCommand(list, { isDefault: true })
    .addCommand(download)
}

async function listModels({ json }: { json?: true }): Promise<void> {
  const { expectedBytes, publishedModels } = await import('@pixelwise/caffe-import')
  if (json) return printJson(publishedModels.map((model) => ({ ...model, bytes: expectedBytes(model) })))
  const columns = [
    { heading: 'name' },
    { heading: 'size', align: 'right' },
    { heading: 'what it is' },
    { heading: 'licence' },
  ] as const
  const rows = publishedModels.map((model) => {
    const size = `${Math.round(expectedBytes(model).least / 1e6)} MB`
    return [model.name, size, model.description, model.licence]
  })
  print(table(columns, rows))
  print(`\n${bold('terms')}: read those of the authors before you use a model; the column only says what is stated.`)
}

async function downloadModel(name: string, { out, json }: { out: string; json?: true }): Promise<void> {
  const { expectedBytes, publishedModels } = await import('@pixelwise/caffe-import')
  const { download } = await import('@pixelwise/caffe-import/node')
  const { Registry } = await import('@pixelwise/core')
  const model = new Registry(
    'model',
    publishedModels.map((one) => [one.name, one] as const),
  ).get(name)
  const files = { net: join(out, `${name}.prototxt`), weights: join(out, `${name}.caffemodel`) }
  await download(model.net, files.net)
  note(`wrote ${files.net}`)
  const show = progress(`downloading ${name}`, 'MB')
  await download(model.url, files.weights, {
    bytes: expectedBytes(model),
    ...(model.sha1 !== undefined && { sha1: model.sha1 }),
    onProgress: (done, total) => show(Math.floor(done / 1e6), Math.floor((total ?? 0) / 1e6)),
  })
  note(`wrote ${files.weights}`)
  if (json) printJson({ name, ...files, url: model.url, licence: model.licence })
  else print(`${files.net}\n${files.weights}`)
}
