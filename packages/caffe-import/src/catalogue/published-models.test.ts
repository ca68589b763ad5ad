import { describe, expect, test } from 'vitest'
import { fcnNets } from '../../test-support/fcn-nets.js'
import type { Message } from '../prototxt/message.js'
import { parsePrototxt } from '../prototxt/parse.js'
import { expectedBytes, publishedModels } from './published-models.js'

const parametersOf = (name: string) => publishedModels.find((model) => model.name === name)?.parameters

describe('the catalogue counts the numbers of a file as the net does', () => {
  const trainingNets = fcnNets(1).filter(({ name }) => name.endsWith('/train'))
  const published = publishedModels.filter(({ url }) => url.includes('fcn'))
  test.each(published.map(({ name }) => name))('%s', (name) => {
    const net = trainingNets.find((one) => one.name === `${name}/train`)
    expect(parametersOf(name)).toBe(countParameters(net!.deploy))
  })

  // Krizhevsky et al. 2012, §3.5: the second, fourth and fifth layer see half of the channels.
  test.each(['alexnet', 'caffenet'])('%s', (name) => {
    const convolutions = conv(3, 96, 11) + conv(48, 256, 5) + conv(256, 384, 3) + conv(192, 384, 3) + conv(192, 256, 3)
    const dense = conv(256, 4096, 6) + conv(4096, 4096, 1) + conv(4096, 1000, 1)
    expect(parametersOf(name)).toBe(convolutions + dense)
  })

  // Szegedy et al. 2015, table 1 and §5.
  test('googlenet, with its two auxiliary classifiers', () => {
    const modules: [input: number, ...widths: number[]][] = [
      [192, 64, 96, 128, 16, 32, 32],
      [256, 128, 128, 192, 32, 96, 64],
      [480, 192, 96, 208, 16, 48, 64],
      [512, 160, 112, 224, 24, 64, 64],
      [512, 128, 128, 256, 24, 64, 64],
      [512, 112, 144, 288, 32, 64, 64],
      [528, 256, 160, 320, 32, 128, 128],
      [832, 256, 160, 320, 32, 128, 128],
      [832, 384, 192, 384, 48, 128, 128],
    ]
    const inception = modules.map(
      ([input, one, reduce3, three, reduce5, five, pool]) =>
        conv(input, one, 1) +
        conv(input, reduce3, 1) +
        conv(reduce3, three, 3) +
        conv(input, reduce5, 1) +
        conv(reduce5, five, 5) +
        conv(input, pool, 1),
    )
    const auxiliary = [512, 528].map((input) => conv(input, 128, 1) + conv(128, 1024, 4) + conv(1024, 1000, 1))
    const parts = [conv(3, 64, 7), conv(64, 64, 1), conv(64, 192, 3), conv(1024, 1000, 1), ...inception, ...auxiliary]
    expect(parametersOf('googlenet')).toBe(parts.reduce((sum, part) => sum + part))
  })
})

test('a length between four bytes a number and one in a hundred more is expected', () => {
  // The length that users report of CaffeNet's file, and that of the VGG-16 classifier.
  for (const [parameters, reported] of [
    [60_965_224, 243_862_418],
    [138_357_544, 553_432_081],
  ]) {
    const { least, most } = expectedBytes({ parameters })
    expect(reported).toBeGreaterThanOrEqual(least)
    expect(reported).toBeLessThanOrEqual(most)
  }
})

function conv(inputs: number, outputs: number, kernel: number): number {
  return outputs * (inputs * kernel * kernel + 1)
}

/** Counts the numbers of a net from its text alone: channels follow the blobs from layer to layer. */
function countParameters(text: string): number {
  const channels = new Map<string, number>()
  let count = 0
  for (const layer of parsePrototxt(text, 'NetParameter', 'net').messages('layer')) {
    const [input] = layer.texts('bottom')
    const below = channels.get(input) ?? 0
    const { outputs, numbers } = sizeOf(layer, below)
    count += numbers
    const joined = layer.texts('bottom').reduce((sum, name) => sum + (channels.get(name) ?? 0), 0)
    for (const top of layer.texts('top')) channels.set(top, layer.text('type') === 'Concat' ? joined : outputs)
  }
  return count
}

function sizeOf(layer: Message, below: number): { outputs: number; numbers: number } {
  const type = layer.text('type')
  if (type === 'Input') {
    const [, outputs] = layer.message('input_param')!.messages('shape')[0].numbers('dim')
    return { outputs, numbers: 0 }
  }
  if (type === 'Scale') return { outputs: below, numbers: below }
  const settings = layer.message('convolution_param')
  if (settings === undefined) return { outputs: below, numbers: 0 }
  const outputs = settings.number('num_output', 0)
  const [kernel] = settings.numbers('kernel_size')
  const bias = settings.flag('bias_term', true) ? outputs : 0
  return { outputs, numbers: (outputs * below * kernel * kernel) / settings.number('group', 1) + bias }
}
