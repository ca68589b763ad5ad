import { Command } from 'commander'
import { parseSize } from '../output/parse.js'
import { note, print, printJson } from '../output/streams.js'
import { writeTextAside } from '../output/write-aside.js'
import { type PluginFlags, pluginOption } from '../plugins/plugin-option.js'

/** `pixelwise inspect`: the layers of a net and what follows from their geometry. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('list the layers of a net: shapes, parameters, multiply-adds, receptive fields')
    .argument('<net>', 'the name of a net or a recipe, or a model folder')
    .option('--input <HxW>', 'height and width of the image, in pixels', parseSize)
    .option('--svg <file>', 'draw the graph of the net into a file')
    .addOption(pluginOption())
    .option('--json', 'print JSON: the layers, the totals, and the graph as nodes and edges')
    .addHelpText(
      'after',
      `
The columns sees, stride and offset are in pixels of the image: the centre of cell i is at offset + stride·i, and it
sees that many pixels across.

Examples:
  pixelwise inspect vgg16 --input 224x224
  pixelwise inspect googlenet-classifier
  pixelwise inspect siftflow-fcn8s --svg fcn8s.svg
  pixelwise inspect ./my-model --json
  pixelwise inspect own --plugin ./backbone.mjs`,
    )
    .action(run)
}

interface InspectFlags extends PluginFlags {
  readonly input?: [number, number]
  readonly svg?: string
  readonly json?: true
}

async function run(net: string, options: InspectFlags): Promise<void> {
  // What brings TensorFlow.js along is imported on demand, so that help and wrong usage answer at once.
  const { findNet } = await import('../inspect/find-net.js')
  const { inspection, inspectionText } = await import('../inspect/inspection.js')
  const { modelGraph, modelGraphSvg } = await import('@pixelwise/visuals')
  const found = inspection(await findNet(net, options.plugin), options.input)
  if (options.svg !== undefined) {
    await writeTextAside(options.svg, modelGraphSvg(found.nodes, { title: found.name }))
    note(`wrote ${options.svg}`)
  }
  if (options.json) {
    const { name, input, layers, totals, nodes } = found
    printJson({ name, input, layers, totals, graph: modelGraph(nodes) })
    return
  }
  print(inspectionText(found))
  if (Number.isNaN(found.totals.multiplyAdds)) note('note: pass --input HxW to see sizes and multiply-adds')
}
