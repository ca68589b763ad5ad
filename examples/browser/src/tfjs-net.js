import { coreLayers, LayerRegistry, predictLabels, readModel, useBackend } from '@pixelwise/core'

/** Layers that a model folder may use. A model with layers of other packages needs their lists here as well. */
const layers = new LayerRegistry(coreLayers)

const wasmPath = new URL('./wasm/', document.baseURI).href

/** Makes a backend of TensorFlow.js current; resolves to its name. */
export async function startBackend(name) {
  return (await useBackend(name, { wasmPath })).chosen
}

/** A net from a model folder, on TensorFlow.js. */
export class TfjsNet {
  backends = ['webgpu', 'webgl', 'wasm', 'cpu']
  #model
  #description

  static async read(source, onProgress) {
    const { model, description } = await readModel(source, { layers, onProgress })
    const net = new TfjsNet()
    net.#model = model
    net.#description = description
    return net
  }

  get classes() {
    return this.#description.classes
  }

  get palette() {
    return this.#description.palette
  }

  async use(name) {
    // webgpu hands its tensors whole to another backend only once they have been read.
    await Promise.all(this.#model.getWeights().map((weight) => weight.data()))
    return startBackend(name)
  }

  async label(image) {
    const [labels] = await predictLabels(this.#model, [image], this.#description)
    return labels
  }

  dispose() {
    this.#model.dispose()
  }
}
