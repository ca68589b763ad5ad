/**
 * Draws the figures of docs/concepts.md. Every number in them is asked of the packages.
 *
 *     node scripts/figures/concepts.mjs
 */
import { writeFileSync } from 'node:fs'
import { lenetClassifier, vgg16 } from '@pixelwise/backbones'
import { lowerGraph, optimise, traceModel } from '@pixelwise/compiler'
import { bilinearFilter1d, coreLayers, describeModel, LayerRegistry, useBackend } from '@pixelwise/core'
import { convolutionalize, fcn8s, fcn32s } from '@pixelwise/fcn'
import { pairArray, transposePairs } from '@pixelwise/pairwise-regions'
import { lineChart, modelGraphSvg } from '@pixelwise/visuals'
import { sequential, layers as tfjsLayers } from '@tensorflow/tfjs-layers'
import { figure, line, rectangle, text, writeFigure } from './drawing.mjs'

await useBackend('cpu')
const layers = new LayerRegistry(coreLayers)
/** VGG-16 as the FCNs of 2015 have it; its geometry does not depend on its width. */
const paddedVgg16 = () => vgg16({ pad: 100, width: 1 / 64 })

drawConvolutionalization()
drawReceptiveFields()
drawCrop()
drawSkips()
drawUpsampling()
drawPairs()
drawTrace()

/** A number with a true minus sign. */
function signed(value) {
  return String(value).replace('-', '−')
}

/** LeNet on one digit, and the same weights on a line of them. */
function drawConvolutionalization() {
  const classifier = describeModel(lenetClassifier(), { layers })
  const reader = describeModel(convolutionalize(lenetClassifier()), { layers, inputSize: [28, 100] })
  const shown = ['data', 'pool1', 'pool2', 'ip1', 'ip2']
  const row = (net, y, words) => {
    let x = 16
    const boxes = shown.map((name) => {
      const shape = net.find((layer) => layer.name === name).shape.slice(1)
      const [height, width, channels] = shape.length === 3 ? shape : [1, 1, ...shape]
      const [h, w] = [Math.max(3, 1.5 * height), Math.max(3, 1.5 * width)]
      const middle = y + 24
      const box = [
        rectangle(x, middle - h / 2, w, h, name === 'ip2' ? 'fill-1' : 'fill-0', {
          'fill-opacity': name === 'data' ? 0.25 : 0.8,
        }),
        text(name, x, y + 62),
        text(shape.length === 3 ? `${height}×${width}×${channels}` : `${channels} numbers`, x, y + 76, 'quiet small'),
      ]
      x += Math.max(w, 66) + 28
      return box
    })
    return [text(words, 16, y - 12), boxes]
  }
  writeFigure(
    'convolutionalization',
    { width: 620, height: 236, title: 'LeNet as a classifier and as a fully convolutional net' },
    row(classifier, 34, 'LeNet, a classifier: 28×28 pixels, ten scores'),
    row(reader, 150, 'The same weights as convolutions: 28×100 pixels, ten scores at each of 19 places'),
  )
}

/** What cells of three taps of VGG-16 see of an image of 500×500 pixels. */
function drawReceptiveFields() {
  const [size, pad, scale, left, top] = [500, 100, 0.5, 20, 20]
  const at = (pixel) => (pixel + pad) * scale
  const { taps } = paddedVgg16()
  const shown = ['fc7', 'pool4', 'pool3'].map((name) => taps.find((tap) => tap.name === name))
  const middleOf = ({ stride, offset }) => offset + stride * Math.round((size / 2 - offset) / stride)
  const fields = shown.map(({ map }, i) => {
    const centre = middleOf(map.rows)
    const start = at(centre - map.rows.kernel / 2)
    const width = map.rows.kernel * scale
    return [
      rectangle(left + start, top + start, width, width, `stroke-${i}`),
      rectangle(left + at(centre) - 2, top + at(centre) - 2, 4, 4, `fill-${i}`),
    ]
  })
  const { rows } = shown[0].map
  const centres = Array.from({ length: 16 }, (_, i) => rows.offset + rows.stride * i).filter((pixel) => pixel < size)
  const dots = centres.flatMap((y) => centres.map((x) => rectangle(left + at(x) - 1, top + at(y) - 1, 2, 2, 'fill-0')))
  writeFigure(
    'receptive-fields',
    { width: 620, height: 390, title: 'Receptive fields in VGG-16 with a padding of 100 pixels' },
    rectangle(left, top, (size + 2 * pad) * scale, (size + 2 * pad) * scale, 'rule'),
    rectangle(left + at(0), top + at(0), size * scale, size * scale, 'track', { 'fill-opacity': 0.5 }),
    dots,
    fields,
    text('zeros around the image', left + 8, top + 16, 'quiet small'),
    text(`image, ${size}×${size} pixels`, left + at(0), top + at(size) + 14, 'quiet small'),
    shown.map(({ name, map }, i) => [
      rectangle(400, 60 + 76 * i, 10, 10, `fill-${i}`),
      text(name, 418, 70 + 76 * i),
      text(`a cell sees ${map.rows.kernel} pixels`, 418, 86 + 76 * i, 'quiet'),
      text(`cells lie ${map.rows.stride} pixels apart`, 418, 102 + 76 * i, 'quiet'),
      text(`the first is centred at ${signed(map.rows.offset)}`, 418, 118 + 76 * i, 'quiet'),
    ]),
  )
}

/** Where the crop of FCN-32s comes from, on one axis. */
function drawCrop() {
  const net = describeModel(fcn32s(paddedVgg16(), { classes: 21 }), { layers, inputSize: [500, 500] })
  const layerOf = (name) => net.find((layer) => layer.name === name)
  const [coarse, upsampled, cropped] = ['score_fr', 'upscore', 'score'].map((name) => layerOf(name))
  const rowsOf = (layer) => layer.receptiveField.rows
  const first = rowsOf(upsampled).offset
  const [scale, zero] = [4.5, 230]
  const at = (pixel) => zero + pixel * scale
  const cells = Array.from({ length: 3 }, (_, i) => rowsOf(coarse).offset + rowsOf(coarse).stride * i)
  const pixels = Array.from({ length: 80 }, (_, i) => i - 25)
  const offset = rowsOf(cropped).offset - first
  writeFigure(
    'crop',
    { width: 620, height: 200, title: 'The crop of FCN-32s follows from where its cells lie' },
    text('image', 12, 44),
    pixels.filter((pixel) => pixel >= 0).map((pixel) => rectangle(at(pixel) - 2, 34, 4, 12, 'fill-2')),
    text('scores of fc7', 12, 94),
    cells.map((centre) => [
      rectangle(at(centre) - 6, 82, 12, 16, 'fill-0'),
      text(centre, at(centre), 76, 'small middle'),
    ]),
    text('upsampled by 32', 12, 144),
    pixels
      .filter((pixel) => pixel >= first)
      .map((pixel) => rectangle(at(pixel) - 2, 134, 4, 12, pixel < 0 ? 'track' : 'fill-1')),
    line(at(0) - 2.5, 24, at(0) - 2.5, 160),
    line(at(first) - 2.5, 128, at(first) - 2.5, 160),
    text(`begins at pixel ${signed(first)}: the first ${offset} cells are cut off`, at(first), 176),
    text('0', at(0), 22, 'small middle'),
  )
}

/** FCN-8s on VGG-16: strides, receptive fields and crops as they come out. */
function drawSkips() {
  const net = describeModel(fcn8s(paddedVgg16(), { classes: 21 }), { layers, inputSize: [500, 500] })
  const model = fcn8s(paddedVgg16(), { classes: 21 })
  const head = /^(pool3|pool4|fc7|score.*|upscore.*|fuse.*)$/
  const shown = new Set(net.filter(({ name }) => head.test(name)).map(({ name }) => name))
  // The trunk between its taps is left out: each tap stands for all that leads to it.
  const before = { pool3: 'image', pool4: 'pool3', fc7: 'pool4', score_fr: 'fc7' }
  const nodes = net
    .filter(({ name }) => shown.has(name))
    .map(({ name, className, inputs, receptiveField: { rows } }) => {
      const { offset, factor } = model.getLayer(name).getConfig()
      const step = offset ? `, cut at ${offset[0]}` : factor ? `, ×${factor}` : ''
      return {
        id: name,
        type: className.replace('Pixelwise>', ''),
        shape: `stride ${rows.stride}, sees ${rows.kernel}${step}`,
        inputs: before[name] ? [before[name]] : inputs.map((input) => (input === 'data' ? 'image' : input)),
      }
    })
  const image = { id: 'image', type: 'Input', shape: '500×500 pixels, padded by 100', inputs: [] }
  writeFileSync(figure('skips.svg'), `${modelGraphSvg([image, ...nodes], { title: 'FCN-8s' })}\n`)
}

/** Bilinear upsampling as a transposed convolution: its filter, and coarse scores made fine. */
function drawUpsampling() {
  const series = [2, 4, 8].map((factor) => {
    const filter = [...bilinearFilter1d(2 * factor)]
    return { name: `factor ${factor}`, x: filter.map((_, i) => (i + 0.5) / factor - 1), y: filter }
  })
  const options = { title: 'Weights of the upsampling filter', xLabel: 'distance in coarse cells', series }
  writeFileSync(figure('upsampling.svg'), lineChart(options))
}

/** A region for each cell: its window, what it says about its cells, and what they say about it. */
function drawPairs() {
  const [rows, columns, window] = [9, 12, 5]
  const inside = (row, column) => ((row - 4) / 3.2) ** 2 + ((column - 5) / 4.2) ** 2 <= 1
  const says = pairArray({ grid: [rows, columns], window, stride: 8 })
  const reach = says.origin ?? says.geometry.origin
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let i = 0; i < window * window; i++) {
        const [y, x] = [row + Math.floor(i / window) - reach, column + (i % window) - reach]
        // Only the regions of one column of the object have learnt something.
        says.data[(row * columns + column) * window * window + i] =
          column === 3 && inside(row, column) && inside(y, x) ? 1 : 0
      }
    }
  }
  const hears = transposePairs(says)
  const panel = (left, array, [row, column], words) => {
    const cell = 22
    const at = (index) => index * cell
    const values = Array.from({ length: window * window }, (_, i) => ({
      value: array.data[(row * columns + column) * window * window + i],
      y: row + Math.floor(i / window) - reach,
      x: column + (i % window) - reach,
    }))
    return [
      text(words, left, 24),
      Array.from({ length: rows * columns }, (_, i) => {
        const [y, x] = [Math.floor(i / columns), i % columns]
        return rectangle(left + at(x), 36 + at(y), cell - 2, cell - 2, inside(y, x) ? 'track' : 'rule')
      }),
      values
        .filter(({ value }) => value > 0)
        .map(({ y, x }) => rectangle(left + at(x) + 4, 36 + at(y) + 4, cell - 10, cell - 10, 'fill-0')),
      rectangle(
        left + at(column - reach) - 2,
        36 + at(row - reach) - 2,
        window * cell + 2,
        window * cell + 2,
        'stroke-1',
      ),
      rectangle(left + at(column) + 7, 36 + at(row) + 7, 6, 6, 'fill-1'),
    ]
  }
  writeFigure(
    'pairs',
    { width: 620, height: 286, title: 'A pair array before and after its transpose' },
    panel(20, says, [4, 3], 'what region (4, 3) says about its cells'),
    panel(324, hears, [4, 5], 'transposed: who says that (4, 5) belongs to it'),
    text('grey: the object. orange: a region and its window of 5×5 cells. blue: belongs together.', 20, 262, 'quiet'),
  )
}

/** A small net as the kernels that were recorded, and as ONNX operators. */
function drawTrace() {
  const model = sequential({
    layers: [
      tfjsLayers.conv2d({
        name: 'conv',
        inputShape: [null, null, 3],
        filters: 8,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
      }),
      tfjsLayers.maxPooling2d({ name: 'pool', poolSize: 2 }),
      tfjsLayers.conv2d({ name: 'score', filters: 2, kernelSize: 1 }),
    ],
  })
  const { graph: recorded, captured } = traceModel(model, [{ shape: [1, 48, 64, 3] }])
  const graph = optimise(recorded)
  const nameOf = (value) => graph.inputs.find((input) => input.value === value)?.name ?? `v${value}`
  const kernels = [
    ...graph.inputs.map(({ value, name, kind }) => ({
      id: name,
      type: kind,
      shape: graph.values[value].shape.join('×'),
      inputs: [],
    })),
    ...graph.nodes.map(({ kernel, inputs, outputs }) => ({
      id: nameOf(outputs[0]),
      label: kernel,
      type: 'tfjs kernel',
      shape: graph.values[outputs[0]].shape.join('×'),
      inputs: Object.values(inputs).map(nameOf),
    })),
  ]
  writeFileSync(figure('traced.svg'), `${modelGraphSvg(kernels, { title: 'Recorded kernels' })}\n`)
  const weights = graph.inputs.filter(({ kind }) => kind === 'captured')
  const embed = new Map(weights.map(({ value }) => [value, captured.get(value).dataSync()]))
  const { onnx } = lowerGraph(graph, { embed, convolution: 'direct' })
  const known = new Set([...onnx.inputs.map(({ name }) => name), ...onnx.nodes.flatMap(({ outputs }) => outputs)])
  const operators = [
    ...onnx.inputs.map(({ name, shape }) => ({ id: name, type: 'input', shape: shape.join('×'), inputs: [] })),
    ...onnx.nodes.map(({ operator, inputs, outputs }) => ({
      id: outputs[0],
      label: operator,
      type: 'ONNX operator',
      inputs: inputs.filter((name) => known.has(name)),
    })),
  ]
  writeFileSync(figure('lowered.svg'), `${modelGraphSvg(operators, { title: 'Operators of ONNX' })}\n`)
}
