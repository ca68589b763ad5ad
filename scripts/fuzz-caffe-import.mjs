/**
 * Feeds damaged nets, weights (binary and HDF5), means (binary and .npy) and solver files to the Caffe importer: every
 * one must be read or refused with a PixelwiseError, within seconds and bounded memory.
 *
 *   node scripts/fuzz-caffe-import.mjs [COUNT] [SEED]      (build first; 25,000 inputs unless told, and a fifth as many HDF5 files)
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Rng } from '@pixelwise/masks/shared'
import { damageHdf5 } from './fuzz/damage.mjs'

const patienceMilliseconds = 10_000
/** Until the first input, while the thread loads what it needs. */
const startMilliseconds = 120_000
const mostMemory = 2 ** 30

/** What damaged files say in place of a number. */
const numbers = [
  '2147483647',
  '4294967295',
  '-1',
  '0',
  '1e309',
  '0x7fffffff',
  'nan',
  '{',
  '}',
  '"',
  '[',
  ': ',
  '65536',
  'a: {',
]

/** A badly damaged HDF5 file, or some two thousand damaged ones, end the library in their thread. */
const hdf5FilesOfThread = 250

if (isMainThread) await main(Number(process.argv[2] ?? 25_000), Number(process.argv[3] ?? 1))
else parentPort.postMessage(await (workerData.hdf5 ? attackHdf5 : attack)(workerData))

async function main(count, seed) {
  console.log(JSON.stringify(await watch({ count, seed })))
  const total = { hdf5: true, inputs: 0, seed, read: 0, refused: 0, codes: {}, slowestMilliseconds: 0, peakMiB: 0 }
  for (let first = 0; first < count / 5; first += hdf5FilesOfThread) {
    const report = await watch({
      hdf5: true,
      count: Math.min(hdf5FilesOfThread, count / 5 - first),
      seed: seed + first,
    })
    for (const name of ['inputs', 'read', 'refused']) total[name] += report[name]
    for (const [code, times] of Object.entries(report.codes)) total.codes[code] = (total.codes[code] ?? 0) + times
    for (const name of ['slowestMilliseconds', 'peakMiB']) total[name] = Math.max(total[name], report[name])
  }
  console.log(JSON.stringify(total))
}

/** Attacks in a thread and watches that it goes on. */
function watch(task) {
  const position = new Int32Array(new SharedArrayBuffer(4)).fill(-1)
  const worker = new Worker(new URL(import.meta.url), { workerData: { ...task, position } })
  let [last, since, largest] = [-1, Date.now(), 0]
  const where = () => `input ${Atomics.load(position, 0)} of seed ${task.seed}${task.hdf5 ? ' (HDF5)' : ''}`
  const timer = setInterval(() => {
    largest = Math.max(largest, process.memoryUsage().rss)
    const now = Atomics.load(position, 0)
    if (now !== last) [last, since] = [now, Date.now()]
    else if (Date.now() - since > (now === -1 ? startMilliseconds : patienceMilliseconds)) {
      fail(`${where()} takes too long`)
    }
    if (largest > mostMemory) fail(`${where()}: ${(largest / 2 ** 20).toFixed(0)} MiB`)
  }, 200)
  return new Promise((resolve) => {
    worker.on('error', (error) => fail(`${where()}: ${error.stack}`))
    worker.on('message', (report) => {
      clearInterval(timer)
      resolve({ ...report, peakMiB: Math.round(largest / 2 ** 20) })
    })
  })
}

function fail(text) {
  console.error(text)
  process.exit(1)
}

async function attack({ count, seed, position }) {
  await import('@tensorflow/tfjs-backend-cpu')
  const tf = await import('@tensorflow/tfjs-core')
  const caffe = await import('@pixelwise/caffe-import')
  const { PixelwiseError } = await import('@pixelwise/core')
  tf.env().set('PROD', true)
  await tf.setBackend('cpu')
  const random = generator(seed)
  const { net, weights, mean, npyMean, solver } = subjects(caffe)
  const net0 = new TextEncoder().encode(net)
  const outcomes = { read: 0, refused: 0, codes: {} }
  let slowest = 0
  const tensors = tf.memory().numTensors
  for (let i = 0; i < count; i++) {
    Atomics.store(position, 0, i)
    const start = performance.now()
    const what = ['text', 'weights', 'both', 'mean', 'solver'][random(5)]
    try {
      if (what === 'mean') caffe.readMeanImage(damage(random(2) === 0 ? mean : npyMean, random))
      else if (what === 'solver') caffe.readSolver(decode(damage(solver, random)))
      else {
        const text = what === 'weights' ? net : decode(damage(net0, random))
        const bytes = what === 'text' ? weights : damage(weights, random)
        const source = random(4) === 0 ? undefined : caffe.readCaffemodel(caffe.memoryBytes(bytes))
        caffe
          .importCaffe({ net: text, ...(source && { weights: source }), fillMissing: random(2) === 0 })
          .model.dispose()
      }
      outcomes.read++
    } catch (error) {
      if (!(error instanceof PixelwiseError)) throw new Error(`input ${i} (${what}): ${error.stack}`)
      if (error.message.length > 4000)
        throw new Error(`input ${i} (${what}): a message of ${error.message.length} letters`)
      outcomes.refused++
      outcomes.codes[error.code] = (outcomes.codes[error.code] ?? 0) + 1
    }
    slowest = Math.max(slowest, performance.now() - start)
  }
  const leakedTensors = tf.memory().numTensors - tensors
  return { inputs: count, seed, ...outcomes, slowestMilliseconds: Math.round(slowest), leakedTensors }
}

/** Weights of HDF5, damaged in their structure and elsewhere. */
async function attackHdf5({ count, seed, position }) {
  const { openWeights } = await import('@pixelwise/caffe-import/node')
  const { blobValues } = await import('@pixelwise/caffe-import')
  const rng = new Rng(seed)
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-caffe-'))
  const genuine = new Uint8Array(
    readFileSync(new URL('../packages/caffe-import/src/fixtures/weights.caffemodel.h5', import.meta.url)),
  )
  const outcomes = { read: 0, refused: 0, codes: {} }
  let slowest = 0
  for (let i = 0; i < count; i++) {
    Atomics.store(position, 0, i)
    const start = performance.now()
    const file = join(folder, `${i}.caffemodel.h5`)
    writeFileSync(file, damageHdf5(genuine, rng))
    try {
      const { weights, close } = await openWeights(file)
      for (const { blobs } of weights.layers) for (const blob of blobs) blobValues(blob)
      close()
      outcomes.read++
    } catch (error) {
      if (!/^PixelwiseError$/.test(error.name)) throw new Error(`input ${i}: ${error.stack}`)
      if (error.message.length > 4000) throw new Error(`input ${i}: a message of ${error.message.length} letters`)
      outcomes.refused++
      outcomes.codes[error.code] = (outcomes.codes[error.code] ?? 0) + 1
    }
    slowest = Math.max(slowest, performance.now() - start)
  }
  rmSync(folder, { recursive: true, force: true })
  return { inputs: count, seed, ...outcomes, slowestMilliseconds: Math.round(slowest) }
}

/** Whole files to damage: a net with most kinds of layers, its weights in all three formats' worth of fields. */
function subjects(caffe) {
  const net = `name: "fuzz"
input: "data" input_shape { dim: 1 dim: 3 dim: 12 dim: 16 }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" param { name: "w" lr_mult: 1 } param { name: "b" } convolution_param { num_output: 4 kernel_size: 3 pad: 1 group: 1 weight_filler { type: "xavier" } } }
layer { name: "twin" type: "Convolution" bottom: "data" top: "twin" param { name: "w" } param { name: "b" decay_mult: 0 } convolution_param { num_output: 4 kernel_size: 3 pad: 1 group: 1 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" relu_param { negative_slope: 0.1 } }
layer { name: "norm" type: "LRN" bottom: "conv1" top: "norm" lrn_param { local_size: 3 alpha: 0.1 norm_region: ACROSS_CHANNELS } }
layer { name: "pool1" type: "Pooling" bottom: "norm" top: "pool1" top: "mask" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "bn" type: "BatchNorm" bottom: "pool1" top: "bn" batch_norm_param { eps: 1e-4 } }
layer { name: "scale" type: "Scale" bottom: "bn" top: "bn" scale_param { bias_term: true } }
layer { name: "up" type: "Upsample" bottom: "bn" bottom: "mask" top: "up" upsample_param { scale: 2 } }
layer { name: "deconv" type: "Deconvolution" bottom: "pool1" top: "deconv" convolution_param { num_output: 4 kernel_size: 4 stride: 2 bias_term: false } }
layer { name: "crop" type: "Crop" bottom: "deconv" bottom: "data" top: "crop" crop_param { axis: 2 offset: 1 } }
layer { name: "sum" type: "Eltwise" bottom: "crop" bottom: "up" top: "sum" eltwise_param { operation: SUM coeff: [0.5, 2] } }
layer { name: "parts" type: "Slice" bottom: "sum" top: "a" top: "b" slice_param { axis: 1 slice_point: 1 } }
layer { name: "joined" type: "Concat" bottom: "a" bottom: "b" bottom: "twin" top: "joined" }
layer { name: "ip" type: "InnerProduct" bottom: "joined" top: "ip" inner_product_param { num_output: 5 } }
layer { name: "shape" type: "Reshape" bottom: "ip" top: "shape" reshape_param { shape { dim: 0 dim: -1 dim: 1 dim: 1 } } }
layer { name: "prob" type: "Softmax" bottom: "shape" top: "prob" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "data" top: "loss" include { phase: TRAIN } }`
  const { model, report } = caffe.importCaffe({ net })
  model.dispose()
  const layers = report.layers.flatMap(({ name, type, parameters }) => {
    const blobs = parameters.flatMap(({ shape }, i) => bytesField(7, blob(shape, i)))
    return bytesField(100, [...textField(1, name), ...textField(2, type), ...blobs])
  })
  const weights = Uint8Array.from([...textField(1, 'fuzz'), ...layers])
  const mean = Uint8Array.from(blob([1, 3, 4, 4], 0))
  const solver = new TextEncoder().encode(
    'net: "a.prototxt" base_lr: 1e-10 lr_policy: "step" gamma: 0.1 stepsize: 100 momentum: 0.99 weight_decay: 5e-4 iter_size: 2 max_iter: 100 test_iter: 3 # end',
  )
  return { net, weights, mean, npyMean: npy([3, 4, 4]), solver }
}

function npy(shape) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`.padEnd(117) + '\n'
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.5)
  const magic = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, text.length, 0]
  return Uint8Array.from([...magic, ...new TextEncoder().encode(text), ...new Uint8Array(values.buffer)])
}

function blob(shape, kind) {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.5)
  const dims =
    kind === 0
      ? bytesField(7, bytesField(1, shape.flatMap(varint)))
      : bytesField(
          7,
          shape.flatMap((size) => [8, ...varint(size)]),
        )
  return [...dims, ...bytesField(5, [...new Uint8Array(values.buffer)])]
}

function textField(field, text) {
  return bytesField(field, [...new TextEncoder().encode(text)])
}

function bytesField(field, bytes) {
  return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes]
}

function varint(value) {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}

/** Cut off, bits flipped, pieces moved, doubled or removed, numbers made huge or negative. */
function damage(bytes, random) {
  let damaged = Uint8Array.from(bytes)
  // Half of them have one wrong number only, so that they get past the first checks.
  if (random(2) === 0) return replaceNumber(damaged, random)
  for (let round = random(4); round >= 0; round--) damaged = damageOnce(damaged, random)
  return damaged
}

function damageOnce(bytes, random) {
  const at = random(bytes.length + 1)
  const end = Math.min(bytes.length, at + random(64))
  const [before, piece, behind] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)]
  const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]))
  switch (random(8)) {
    case 0:
      return before
    case 1: {
      const flipped = Uint8Array.from(bytes)
      for (let i = random(8); i >= 0; i--) if (flipped.length > 0) flipped[random(flipped.length)] ^= 1 << random(8)
      return flipped
    }
    case 2:
      return join(before, behind)
    case 3:
      return join(before, piece, piece, behind)
    case 4:
      return join(before, [0xff, 0xff, 0xff, 0xff, 0x07], behind)
    case 5:
      return join(
        before,
        Array.from({ length: random(16) }, () => random(256)),
        behind,
      )
    case 6:
      return join(before, new TextEncoder().encode(numbers[random(numbers.length)]), behind)
    default:
      return replaceNumber(bytes, random)
  }
}

/** One of the numbers of a text becomes another; one byte of other files. */
function replaceNumber(bytes, random) {
  if (bytes.includes(0)) {
    bytes[random(bytes.length)] = random(256)
    return bytes
  }
  const text = decode(bytes)
  const found = [...text.matchAll(/\d+/g)]
  if (found.length === 0) return bytes
  const { index, 0: old } = found[random(found.length)]
  return new TextEncoder().encode(
    text.slice(0, index) + numbers[random(numbers.length)] + text.slice(index + old.length),
  )
}

function decode(bytes) {
  return new TextDecoder().decode(bytes)
}

/** A small generator of whole numbers below a bound (mulberry32). */
function generator(seed) {
  let state = seed >>> 0
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 2 ** 32) * bound)
  }
}
