import { expect, test } from 'vitest'
import { Convolution } from './convolution.js'
import { Dropout } from './dropout.js'
import { MaxPooling } from './pooling.js'
import { TransposedConvolution } from './transposed-convolution.js'

test.each([
  [
    () => new Convolution({ filters: 2, kernel: 0, name: 'conv1' }),
    'conv1: kernel 0: kernel is a whole number, 1 or more; check the arguments the layer is built with',
  ],
  [
    // A program without types.
    () => new Convolution({ kernel: 3, name: 'conv1' } as never),
    'conv1: filters null: filters is a whole number, 1 or more; check the arguments the layer is built with',
  ],
  [
    () => new Convolution({ filters: 2, kernel: [3, 3], pad: [0, -1], name: 'conv1' }),
    'conv1: pad [0,-1]: pad is a whole number, 0 or more; check the arguments the layer is built with',
  ],
  [
    () => new TransposedConvolution({ filters: 3, kernel: 4, groups: 2, name: 'upscore' }),
    'upscore: 3 filters in 2 groups: groups divide the filters; check the arguments the layer is built with',
  ],
  [
    () => new Convolution({ filters: 2, kernel: 3, groups: 2, name: 'conv2' }).build([null, 4, 4, 3]),
    'conv2: 3 input channels in 2 groups: groups divide the input channels; check the arguments the layer is built with',
  ],
  [
    () => new MaxPooling({ window: 2, stride: 1.5, name: 'pool1' }),
    'pool1: stride 1.5: stride is a whole number, 1 or more; check the arguments the layer is built with',
  ],
  [
    () => new MaxPooling({ window: 2, rounding: 'round' as never, name: 'pool1' }),
    'pool1: rounding "round": rounding is "ceil" or "floor"; check the arguments the layer is built with',
  ],
  [
    () => new Dropout({ rate: 2, name: 'drop6' }),
    'drop6: rate 2: rate is a number, at least 0 and below 1; check the arguments the layer is built with',
  ],
])('a layer refuses what it cannot follow (%#)', (build, message) => {
  expect(build).toThrow(expect.objectContaining({ message }))
})
