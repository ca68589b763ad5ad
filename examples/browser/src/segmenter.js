import { startBackend, TfjsNet } from './tfjs-net.js'

/** A net, what it computes on, and what its labels mean. */
export class Segmenter {
  #net
  #wanted = 'auto'

  /** Computes on a backend from now on; resolves to its name. */
  async use(name) {
    const chosen = await (this.#net?.use(name) ?? startBackend(name))
    this.#wanted = name
    return chosen
  }

  /** Takes the net of a model folder in place of the one before; resolves to what it computes on. */
  async load(source, onProgress) {
    return this.#take(await TfjsNet.read(source, onProgress))
  }

  /** The same for the bytes of an ONNX file. What runs it is a part of the page of its own, fetched only now. */
  async loadOnnx(file, bytes) {
    const { OnnxNet } = await import('./onnx-net.js')
    return this.#take(new OnnxNet(file, bytes))
  }

  async #take(net) {
    if (!net.backends.includes(this.#wanted)) this.#wanted = 'auto'
    const chosen = await net.use(this.#wanted).catch((error) => {
      net.dispose()
      throw error
    })
    this.#net?.dispose()
    this.#net = net
    return chosen
  }

  get isReady() {
    return this.#net !== undefined
  }

  /** The backends that the net runs on. */
  get backends() {
    return this.#net?.backends ?? []
  }

  /** `auto`, or the backend that was asked for. */
  get wanted() {
    return this.#wanted
  }

  /** Labels for every pixel of an image, and how long they took in milliseconds. */
  async label(image) {
    const start = performance.now()
    const labels = await this.#net.label(image)
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
