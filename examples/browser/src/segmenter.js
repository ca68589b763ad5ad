import { coreLayers, LayerRegistry, predictLabels, readModel, useBackend } from '@pixelwise/core'

/** Layers that a model folder may use. A model with layers of other packages needs their lists here as well. */
const layers = new LayerRegistry(coreLayers)

const wasmPath = new URL('./wasm/', document.baseURI).href

/** A net, the backend that it runs on, and what its labels mean. */
export class Segmenter {
  #net

  /** Makes a backend current; resolves to its name. */
  async use(name) {
    // webgpu hands its tensors whole to another backend only once they have been read.
    await Promise.all((this.#net?.model.getWeights() ?? []).map((weight) => weight.data()))
    const { chosen } = await useBackend(name, { wasmPath })
    return chosen
  }

  /** Takes the net of a model source in place of the one before. */
  async load(source, onProgress) {
    const { model, description } = await readModel(source, { layers, onProgress })
    this.#net?.model.dispose()
    this.#net = { model, ...description }
    return description
  }

  get isReady() {
    return this.#net !== undefined
  }

  /** Labels for every pixel of an image, and how long they took in milliseconds. */
  async label(image) {
    const { model, preprocessing } = this.#net
    const start = performance.now()
    const [labels] = await predictLabels(model, [image], { preprocessing })
    return { labels, milliseconds: performance.now() - start }
  }

  nameOf(label) {
    return this.#net.classes?.[label] ?? `class ${label}`
  }

  colourOf(label) {
    return this.#net.palette?.[label] ?? vocColour(label)
  }
}

/** PASCAL VOC's colours: the bits of the label, spread over red, green and blue from the top bit down. */
function vocColour(label) {
  const colour = [0, 0, 0]
  for (let bit = 0; bit < 8; bit++) {
    for (let channel = 0; channel < 3; channel++) {
      colour[channel] |= ((label >> (3 * bit + channel)) & 1) << (7 - bit)
    }
  }
  return colour
}
