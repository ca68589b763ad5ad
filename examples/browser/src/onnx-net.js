import { listBackends, preprocess } from '@pixelwise/core'
import { onnxMetadata } from './onnx-metadata.js'

/** A net from an ONNX file, as `pixelwise export-onnx` writes it, on ONNX Runtime. */
export class OnnxNet {
  /** What ONNX Runtime computes on in a browser. */
  backends = ['webgpu', 'wasm']
  #file
  #bytes
  #description
  #runtime
  #session

  /** Throws where the file is none, or does not say how it wants its pictures. */
  constructor(file, bytes) {
    this.#file = file
    this.#bytes = bytes
    this.#description = descriptionOf(file, bytes)
  }

  get classes() {
    return this.#description.classes
  }

  get palette() {
    return this.#description.palette
  }

  /** Starts ONNX Runtime, which is fetched only now; resolves to what it computes on. */
  async use(name) {
    const chosen = name === 'auto' ? await best() : name
    const runtime = await (chosen === 'webgpu' ? import('onnxruntime-web/webgpu') : import('onnxruntime-web/wasm'))
    const session = await runtime.InferenceSession.create(this.#bytes, { executionProviders: [chosen] }).catch(
      (error) => {
        throw new Error(`ONNX Runtime cannot run ${this.#file} on ${chosen} (${error.message}): choose another backend`)
      },
    )
    this.dispose()
    this.#runtime = runtime
    this.#session = session
    this.#check()
    return chosen
  }

  async label(image) {
    const { height, width } = image
    this.#check([height, width])
    const { inputNames, outputNames } = this.#session
    const input = preprocess(image, this.#description.preprocessing)
    const values = await input.data()
    const results = await this.#session.run({
      [inputNames[0]]: new this.#runtime.Tensor('float32', values, input.shape),
    })
    input.dispose()
    const scores = results[outputNames[0]]
    if (scores.dims.length !== 4 || scores.dims[1] !== height || scores.dims[2] !== width) {
      throw new Error(
        `${this.#file} gives [${scores.dims}] for ${width}×${height} pixels: labels need a score for every pixel`,
      )
    }
    const labels = largest(await scores.getData(), scores.dims[3])
    scores.dispose()
    return { height, width, labels }
  }

  dispose() {
    this.#session?.release()
    this.#session = undefined
  }

  /** One input of pictures, of any size or of the one asked for. */
  #check(size = []) {
    const { inputNames, inputMetadata } = this.#session
    const [{ shape }] = inputMetadata
    if (inputNames.length !== 1 || shape.length !== 4) {
      throw new Error(`${this.#file} takes ${inputNames.join(', ')}: the page runs nets of one picture, [N, H, W, C]`)
    }
    const [, ...fixed] = shape.slice(0, 3)
    if (size.every((length, axis) => typeof fixed[axis] !== 'number' || fixed[axis] === length)) return
    throw new Error(
      `${this.#file} takes pictures of ${fixed[1]}×${fixed[0]} pixels only, and this one has ${size[1]}×${size[0]}: export it without --input for pictures of any size`,
    )
  }
}

function descriptionOf(file, bytes) {
  let texts
  try {
    texts = onnxMetadata(bytes)
  } catch (error) {
    throw new Error(
      `${file} is no ONNX file (${error.message}): choose a file that "pixelwise export-onnx" has written`,
    )
  }
  if (!texts.has('preprocessing')) {
    throw new Error(`${file} does not say how it wants its pictures: files that "pixelwise export-onnx" writes do`)
  }
  return Object.fromEntries([...texts].map(([name, text]) => [name, JSON.parse(text)]))
}

/** webgpu where there is a GPU, and not one that the processor emulates. */
async function best() {
  const gpu = (await listBackends()).find(({ name }) => name === 'webgpu')
  return gpu?.available && gpu.reason === undefined ? 'webgpu' : 'wasm'
}

/** The class of the largest score of each pixel, the first of equals. */
function largest(scores, classes) {
  const labels = new Int32Array(scores.length / classes)
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const from = pixel * classes
    let best = 0
    for (let label = 1; label < classes; label++) if (scores[from + label] > scores[from + best]) best = label
    labels[pixel] = best
  }
  return labels
}
