import { inOrder, randomCrop, randomJitter, randomMirror, randomScale, type Transform } from '@pixelwise/datasets'
import type { Augmentation } from '@pixelwise/fcn'

/** What a recipe does to an example before it is prepared, as one transform of image and labels together. */
export function augmentationOf(list: readonly Augmentation[], ignoreLabel: number): Transform {
  return inOrder(...list.map((one) => transformOf(one, ignoreLabel)))
}

function transformOf(augmentation: Augmentation, ignoreLabel: number): Transform {
  switch (augmentation.kind) {
    case 'mirror':
      return randomMirror()
    case 'jitter':
      return randomJitter(augmentation.pixels, { ignoreLabel })
    case 'scale':
      return randomScale(...augmentation.range)
    case 'crop':
      return randomCrop(augmentation.size, augmentation.size, { ignoreLabel })
    case 'channel-shift':
      return channelShift(augmentation.amount)
  }
}

/** Adds to each colour of an image a number within ± `amount`; values stay in 0..255. Source: Keras's channel_shift_range. */
function channelShift(amount: number): Transform {
  return (sample, rng) => {
    const shifts = [0, 1, 2].map(() => rng.uniform(-amount, amount))
    const { image } = sample
    const data = image.data.map((value, i) => Math.min(255, Math.max(0, Math.round(value + shifts[i % 3]))))
    return { ...sample, image: { ...image, data } }
  }
}
