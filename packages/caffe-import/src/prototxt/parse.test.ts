import { expect, test } from 'vitest'
import { parsePrototxt } from './parse.js'

const net = (text: string) => parsePrototxt(text, 'NetParameter', 'net.prototxt')

test('reads every form of the text format', () => {
  const message = net(`# a comment with "quotes" { and braces
name: 'a' "b" ; input: "x", input: "y"   # adjacent texts are one
input_shape: { dim: [1, 0x10, 010] dim: 5 }
input_shape < dim: 7 >
state : { phase: TRAIN, level: -2 stage: "\\x41\\102\\n\\'" }
force_backward: true
layer { name: "c" type: "Power" power_param { power: 1e-3 scale: .5f shift: -2. } }
layer { name: "π" type: "Pooling" pooling_param { pool: 1 } }`)
  expect(message.text('name')).toBe('ab')
  expect(message.texts('input')).toEqual(['x', 'y'])
  expect(message.messages('input_shape').map((shape) => shape.numbers('dim'))).toEqual([[1, 16, 8, 5], [7]])
  expect(message.message('state')?.texts('stage')).toEqual(["AB\n'"])
  expect(message.message('state')?.number('level')).toBe(-2)
  expect(message.flag('force_backward', false)).toBe(true)
  const [power, pooling] = message.messages('layer')
  const settings = power.message('power_param')
  expect(['power', 'scale', 'shift'].map((field) => settings?.number(field))).toEqual([0.001, 0.5, -2])
  expect(pooling.text('name')).toBe('π')
  expect(pooling.message('pooling_param')?.text('pool')).toBe('AVE')
})

test('reads the dictionary in the settings of a Python layer', () => {
  const text = `layer { python_param { param_str: "{\\'mean\\': (104.0, 1.5), 'split': 'val'}" } }`
  const [layer] = net(text).messages('layer')
  expect(layer.message('python_param')?.text('param_str')).toBe("{'mean': (104.0, 1.5), 'split': 'val'}")
})

test.each([
  ['layer {\n  nmae: "a"\n}', '2:3: unknown field "nmae": it is no field of LayerParameter; did you mean "name"?'],
  ['name: "a', '1:7: a text without its closing quote: it ends with " on the same line; mend the file there'],
  ['name "a"', '1:6: found "a": expected ":" after name; mend the file there'],
  ['name: 3', '1:7: name is "3": expected a text in quotes; mend the file there'],
  ['layer: 3', '1:8: found "3": layer is a message: expected "{"; mend the file there'],
  ['layer { name: "a"', '1:18: found the end of the file: expected a field name or "}"; mend the file there'],
  ['input_dim: 1.5', '1:12: input_dim is "1.5": expected a whole number; mend the file there'],
  ['input_dim: 2147483648', '1:12: input_dim is "2147483648": expected a whole number; mend the file there'],
  ['name: ["a"]', '1:7: a list for name: name takes a single value; mend the file there'],
  ['input: ["a" "b" {]', '1:17: found "{": expected "," or "]"; mend the file there'],
  ['}', '1:1: found "}": expected a field name; mend the file there'],
  ['name: "\\q"', '1:7: unknown escape "\\q": texts use the escapes of C; mend the file there'],
  ['%', '1:1: unexpected "%": fields look like "name: value" or "name { … }"; mend the file there'],
  ['layer { include { phase: TETS } }', '1:26: phase is "TETS": known: TRAIN, TEST; did you mean TEST?'],
])('says where %j is wrong', (text, expected) => {
  expect(() => net(text)).toThrow(`net.prototxt:${expected}`)
})

test('keeps messages of layers that a translator may know', () => {
  const [layer] = net('layer { my_param { size: 3 mode: FAST deep { on: true } } }').messages('layer')
  const settings = layer.message('my_param')
  expect(settings?.number('size')).toBe(3)
  expect(settings?.text('mode')).toBe('FAST')
  expect(settings?.message('deep')?.flag('on', false)).toBe(true)
})

test('does not follow messages without end', () => {
  expect(() => net(`layer ${'{ a_param '.repeat(200)}`)).toThrow(
    'net.prototxt:1:1007: messages within messages: at most 100 levels; mend the file there',
  )
})
