import { expect, test } from 'vitest'
import { bytesField, message, textField, varint, writeCaffemodel } from '../../test-support/write-caffemodel.js'
import { memoryBytes } from '../byte-source.js'
import { blobValues } from '../weights/weight-source.js'
import { readCaffemodel } from './caffemodel.js'

const values = Float32Array.from({ length: 24 }, (_, i) => Math.fround(i / 3 - 2))
const layers = [
  {
    name: 'conv1',
    type: 'Convolution',
    blobs: [
      { shape: [4, 3, 2, 1], values },
      { shape: [4], values: values.subarray(5, 9) },
    ],
  },
]
const read = (bytes: Uint8Array) => readCaffemodel(memoryBytes(bytes, 'net.caffemodel'))

test.each(
  (['V0', 'V1', 'V2'] as const).flatMap((format) =>
    (['packed', 'single', 'double'] as const).map((how) => [format, how] as const),
  ),
)('%s files with %s values', (format, how) => {
  const source = read(writeCaffemodel(layers, { format, values: how }))
  const [{ name, blobs }] = source.layers
  expect([source.format, name]).toEqual([format, 'conv1'])
  expect(blobs.map(({ shape }) => shape)).toEqual([[4, 3, 2, 1], format === 'V2' ? [4] : [1, 1, 1, 4]])
  expect(blobValues(blobs[0])).toEqual(values)
  const part = new Float32Array(7)
  blobs[0].readInto(part, 11)
  expect(part).toEqual(values.subarray(11, 18))
})

test('doubles win over floats, and pieces join', () => {
  const single = Uint8Array.from([0x2d, 0, 0, 0x80, 0x3f]) // one float of 1
  const packed = bytesField(5, new Uint8Array(Float32Array.of(2, 3).buffer))
  const shape = (count: number) => bytesField(7, bytesField(1, varint(count)))
  const file = (blob: Uint8Array[]) => bytesField(100, message([textField(1, 'a'), bytesField(7, message(blob))]))
  const joined = read(file([single, packed, single, single, shape(5)])).layers[0].blobs[0]
  expect([...blobValues(joined)]).toEqual([1, 2, 3, 1, 1])
  const doubles = bytesField(8, new Uint8Array(Float64Array.of(7).buffer))
  expect([...blobValues(read(file([packed, doubles, shape(1)])).layers[0].blobs[0])]).toEqual([7])
})

test.each([
  [
    'an empty file',
    new Uint8Array(0),
    'net.caffemodel: no layers in 0 bytes: a caffemodel holds the layers of a net with their weights; check that this is a .caffemodel and not a .prototxt, a .solverstate or an empty download',
  ],
  [
    'a length near 2^31',
    message([varint(802), varint(2 ** 31 - 1), varint(0)]),
    'net.caffemodel, byte 0: field 100 is 2147483647 bytes long: its message has 1 byte left; copy or download the file again; it is damaged, or no binary Caffe file',
  ],
  [
    'a length beyond 2^63',
    message([varint(802), Uint8Array.from([...Array(9).fill(0xff), 1])]),
    'byte 0: field 100 is -1 bytes long: its message has 0 bytes left',
  ],
  [
    'an endless number',
    Uint8Array.from(Array(12).fill(0xff)),
    'byte 0: a number without end: numbers have at most ten bytes and end in the message',
  ],
  ['a group', Uint8Array.from([11]), 'byte 0: wire type 3: Caffe writes the wire types 0, 1, 2 and 5'],
  [
    'too few values',
    file({ shape: [25], values }),
    'byte 13: layer "conv1", blob 0 has shape [25] and 24 values: the shape takes 25 values',
  ],
  [
    'absurd sizes',
    file({ shape: [2 ** 40, 2 ** 40], values }),
    'layer "conv1", blob 0 has shape [1099511627776, 1099511627776] and 24 values: the shape takes 1.2089258196146292e+24 values',
  ],
  [
    'both versions',
    message([writeCaffemodel(layers), writeCaffemodel(layers, { format: 'V1' })]),
    'net.caffemodel has both "layer" and "layers" fields: a file is written by one version of Caffe; find out which of the two sets of weights is meant and save it alone',
  ],
])('refuses %s', (_what, bytes, expected) => {
  expect(() => read(bytes)).toThrow(expected)
})

test('every way to cut a file off is noticed', () => {
  const whole = writeCaffemodel(layers)
  for (let length = 1; length < whole.length; length++) {
    expect(() => read(whole.subarray(0, length))).toThrow(/net\.caffemodel/)
  }
})

function file(blob: { shape: number[]; values: Float32Array }): Uint8Array {
  return writeCaffemodel([{ name: 'conv1', type: 'C', blobs: [blob] }])
}
