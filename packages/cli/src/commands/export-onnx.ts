import { Command } from 'commander'
import { parsePositive, parseSize } from '../output/parse.js'
import { note, print, printJson } from '../output/streams.js'
import { wrongUse } from '../output/usage-error.js'
import { type PluginFlags, pluginOption } from '../plugins/plugin-option.js'

/** `pixelwise export-onnx`: a model folder becomes an ONNX file, checked by running both. */
export function exportOnnxCommand(): Command {
  return new Command('export-onnx')
    .description('write the ONNX file of a model folder, checked by running it')
    .requiredOption('--model <dir>', 'the model folder')
    .requiredOption('--out <file>', 'the file to write (.onnx)')
    .option('--input <HxW>', 'height and width of the images, in pixels, for a file of this size alone', parseSize)
    .option('--batch <N>', 'images at a time, with --input; default: 1', parsePositive)
    .addOption(pluginOption())
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
The file takes images of all sizes that the model takes. Inputs and outputs have the order N, H, W, C; preprocessing and
classes are in the metadata. Weights of more than 2 GiB go to a second file, <file>.data. It is compared with the model
where onnxruntime-node is installed.

Examples:
  pixelwise export-onnx --model fcn8s --out fcn8s.onnx
  pixelwise export-onnx --model fcn8s --out fcn8s-500x500.onnx --input 500x500
  pixelwise export-onnx --model mine --plugin ./layer.mjs --out mine.onnx`,
    )
    .action(run)
}

interface ExportOnnxOptions extends PluginFlags {
  readonly model: string
  readonly out: string
  readonly input?: [number, number]
  readonly batch?: number
  readonly json?: true
}

async function run(options: ExportOnnxOptions): Promise<void> {
  if (options.batch !== undefined && options.input === undefined) {
    throw wrongUse("option '--batch <N>' needs --input: without a size the file takes any number of images")
  }
  // What brings TensorFlow.js along is imported on demand, so that help and wrong usage answer at once.
  const { exportFolder } = await import('../export-onnx/export-folder.js')
  const report = await exportFolder(options)
  if (report.difference === null) note('warning: not compared with the model: install onnxruntime-node for that')
  else note(`it agrees with the model to ${report.difference.toExponential(1)} of the largest output`)
  if (options.json) printJson(report)
  else print(report.data === undefined ? report.file : `${report.file}\n${report.data.file}`)
}
