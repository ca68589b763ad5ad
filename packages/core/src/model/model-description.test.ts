import { expect, test } from 'vitest'
import { checkDescription } from './model-description.js'

const preprocessing = { inputKind: 'rgb', channelOrder: 'bgr', mean: [104, 117, 123], scale: [1, 1, 1] }

test('keeps every field it knows and drops the others', () => {
  const description = {
    preprocessing,
    classes: ['background', 'cat'],
    palette: [
      [0, 0, 0],
      [64, 0, 0],
    ],
    provenance: { source: 'made for this test', iterations: 100, pretrained: false },
  }
  expect(checkDescription({ ...description, format: 'x' }, 'here')).toEqual(description)
})

test.each<[Record<string, unknown>, string]>([
  [
    {},
    'here: preprocessing is missing: it is an object {inputKind, channelOrder, mean, scale}; see the type Preprocessing',
  ],
  [
    { preprocessing: { ...preprocessing, inputKind: 'gray' } },
    'here: preprocessing.inputKind is "gray": known kinds: rgb, grey, depth, hha, rgbd; did you mean "grey"?',
  ],
  [
    { preprocessing: { ...preprocessing, channelOrder: 'BGR' } },
    'here: preprocessing.channelOrder is "BGR": it is rgb or bgr; kinds without colour say rgb',
  ],
  [
    { preprocessing: { ...preprocessing, mean: [104] } },
    'here: preprocessing.mean is [104]: rgb input has 3 channels, each with one finite number; give one number per channel, in channelOrder',
  ],
  [
    { preprocessing: { ...preprocessing, inputKind: 'depth', mean: [1], scale: [Number.NaN] } },
    'here: preprocessing.scale is [null]: depth input has 1 channel, each with one finite number; give one number per channel, in channelOrder',
  ],
  [
    { preprocessing, classes: ['cat', 3] },
    'here: classes is ["cat",3]: it is a list of names; give the name of every label in order',
  ],
  [
    { preprocessing, classes: ['cat', 'dog'], palette: [[0, 0, 0]] },
    'here: palette is [[0,0,0]]: it has one colour for each of 2 classes; give [red, green, blue] for every label in order',
  ],
  [
    { preprocessing, palette: [[0, 0, 256]] },
    'here: palette[0] is [0,0,256]: a colour is three integers 0..255; give [red, green, blue]',
  ],
  [
    { preprocessing, provenance: { data: { year: 2011 } } },
    'here: provenance is {"data":{"year":2011}}: it is an object of texts, numbers and booleans; write nested values as text',
  ],
  [
    { preprocessing, extensions: { regions: { strides: [2, Number.POSITIVE_INFINITY] } } },
    'here: extensions is {"regions":{"strides":[2,null]}}: it is an object of plain JSON values, one for each package; keep texts, finite numbers, lists and objects only',
  ],
])('says what is wrong with %j', (description, message) => {
  expect(() => checkDescription(description, 'here')).toThrow(expect.objectContaining({ message }))
})

test('keeps what other packages store with a net', () => {
  const extensions = { regions: { pathways: [{ name: 'conv2_2', stride: 2 }], scored: true } }
  expect(checkDescription({ preprocessing, extensions }, 'here').extensions).toEqual(extensions)
})
