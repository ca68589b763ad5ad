import { describe, expect, test } from 'vitest'
import { describeInputs, netInputs } from './net-inputs.js'
import { recipeRegistry, recipes } from './recipes.js'

test.each(recipes)('what $name sees is read from what is stored', ({ data, ...rest }) => {
  const stored = JSON.parse(JSON.stringify(describeInputs({ ...rest, data })))
  expect(stored.preprocessing).toEqual(data.inputs[0].preprocessing)
  const inputs = netInputs(stored)
  expect(inputs.map(({ preprocessing }) => preprocessing)).toEqual(
    data.inputs.map(({ preprocessing }) => preprocessing),
  )
  // A net that sees HHA alone takes it as its image.
  const whole =
    data.inputs.length === 1 && data.inputs[0].from === 'hha' ? ['image'] : data.inputs.map(({ from }) => from)
  expect(inputs.map(({ from }) => from)).toEqual(whole)
})

test('one input needs no more than the preprocessing', () => {
  expect(Object.keys(describeInputs(recipeRegistry().get('voc-fcn8s')))).toEqual(['preprocessing'])
})

describe('descriptions that others wrote', () => {
  const { preprocessing } = recipeRegistry().get('voc-fcn8s').data.inputs[0]
  test.each([
    [
      'two',
      'model m: extensions.inputs holds "two": it is a list with { from, preprocessing } for each input of the net, from being image, hha or rgbd; write it as describeInputs(recipe) does, or leave it out for a net of one input',
    ],
    [
      [{ from: 'depth', preprocessing }],
      /^model m: extensions.inputs holds \{"from":"depth",.*: it is a list with \{ from, preprocessing \}/,
    ],
    [
      [{ from: 'image', preprocessing }, null],
      /^model m: extensions.inputs holds null: it is a list with \{ from, preprocessing \}/,
    ],
    [
      [{ from: 'image', preprocessing: { ...preprocessing, mean: [1] } }],
      'model m: extensions.inputs[0]: preprocessing.mean is [1]: rgb input has 3 channels, each with one finite number; give one number per channel, in channelOrder',
    ],
  ])('%j', (inputs, message) => {
    expect(() => netInputs({ preprocessing, extensions: { inputs: inputs as never } }, 'model m')).toThrow(message)
  })
})
