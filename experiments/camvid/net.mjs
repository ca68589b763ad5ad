import { readFile } from 'node:fs/promises'
import { BilinearUpsampling, CropLike } from '@pixelwise/core'
import { decodeNpz, encodeNpz } from '@pixelwise/datasets'
import { fcn } from '@pixelwise/fcn'
import * as tf from '@tensorflow/tfjs-core'
import { squeezenetTrunk } from '../shared/squeezenet-trunk.mjs'

/** FCN on the real SqueezeNet: 18 zeros around the image put the first coarse cell's centre beside the image, as interpolation needs. */
export async function buildNet({ pad, dropout, skipScales }, { stride, classes }) {
  const backbone = await squeezenetTrunk({ pad, dropout })
  return { model: fcn(backbone, { classes, stride, skipScales }), preprocessing: backbone.preprocessing }
}

/** Gives a model the weights of such a file; fixed scales, which PyTorch's file lacks, stay as they are. */
export async function loadWeights(model, file) {
  const arrays = decodeNpz(new Uint8Array(await readFile(file)))
  for (const layer of model.layers) {
    const names = layer.trainableWeights.map((_, i) => weightName(layer, i))
    if (names.length === 0) continue
    const values = names.map((name) => tf.tensor(arrays[name].data, arrays[name].shape, 'float32'))
    layer.setWeights(values)
    tf.dispose(values)
  }
}

const weightName = (layer, index) => `${layer.name}/${['kernel', 'bias'][index]}`

/** A model's weights as an `.npz` file: `layer/kernel` [rows, columns, inputs, outputs] and `layer/bias`. */
export function weightsFile(model) {
  const arrays = {}
  for (const layer of model.layers) {
    for (const [i, weight] of layer.trainableWeights.entries()) {
      const values = weight.read()
      arrays[weightName(layer, i)] = { shape: values.shape, data: values.dataSync() }
    }
  }
  return encodeNpz(arrays)
}

/** How a net's scores come back to pixels, coarse to fine: plain numbers for the PyTorch side. */
export function headGeometry(model) {
  const steps = []
  for (const layer of model.layers) {
    if (layer instanceof BilinearUpsampling) {
      steps.push({ factor: layer.config.factor, kernel: layer.kernel, input: layer.input.sourceLayer.name })
    } else if (layer instanceof CropLike) {
      const [cropped] = layer.input
      if (!(cropped.sourceLayer instanceof BilinearUpsampling)) throw new Error(`${layer.name} crops a skip`)
      steps[steps.length - 1].offset = layer.config.offset
    }
  }
  return steps.map(({ factor, kernel, offset }) => ({ factor, kernel, offset }))
}
