/**
 * Writes the nets of packages/caffe-import/test-support, their weights and inputs into three folders, for
 * run_opencv.py: `fcn` (the FCN release), `published` (AlexNet, GoogLeNet and SqueezeNet) and `layers`. See README.md.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import '@tensorflow/tfjs-backend-cpu'
import { graphCases, layerCases } from '../../packages/caffe-import/test-support/layer-cases.js'
import { inputSizes, inputValues, slimNets } from '../../packages/caffe-import/test-support/net-cases.js'
import { type PublishedCase, publishedCases } from '../../packages/caffe-import/test-support/published-nets.js'
import { randomWeights } from '../../packages/caffe-import/test-support/random-weights.js'
import { writeCaffemodel } from '../../packages/caffe-import/test-support/write-caffemodel.js'

const [, , target, data] = process.argv

const fcn = slimNets.map(({ name, deploy, inputs, outputs }) => {
  const root = folderOf('fcn', name)
  writeFileSync(join(root, 'net.prototxt'), deploy)
  writeFileSync(join(root, 'net.caffemodel'), writeCaffemodel(randomWeights({ net: deploy })))
  for (const [input, channels] of inputs) {
    inputSizes.forEach((size, run) => {
      writeValues(root, input, run, inputValues(input, channels, size))
    })
  }
  return { name, sizes: inputSizes, inputs, outputs }
})
writeFileSync(join(target, 'fcn', 'cases.json'), JSON.stringify({ cases: fcn }))

await writeCases('published', publishedCases(pathToFileURL(`${data}/`)))
await writeCases('layers', [...layerCases, ...graphCases])

async function writeCases(group: string, cases: readonly PublishedCase[]): Promise<void> {
  const plan = []
  for (const { name, net, weights, sizes, outputs, values } of cases) {
    const root = folderOf(group, name)
    writeFileSync(join(root, 'net.prototxt'), net)
    if (weights === undefined) writeFileSync(join(root, 'net.caffemodel'), writeCaffemodel(randomWeights({ net })))
    else copyFileSync(weights, join(root, 'net.caffemodel'))
    for (const run of sizes.keys()) writeValues(root, 'data', run, await values(run))
    plan.push({ name, sizes, inputs: [['data', 3]], outputs })
  }
  writeFileSync(join(target, group, 'cases.json'), JSON.stringify({ cases: plan }))
}

function folderOf(group: string, name: string): string {
  const root = join(target, group, name)
  mkdirSync(root, { recursive: true })
  return root
}

function writeValues(root: string, input: string, run: number, values: Float32Array): void {
  writeFileSync(join(root, `${input}.${run}.f32`), new Uint8Array(values.buffer))
}
