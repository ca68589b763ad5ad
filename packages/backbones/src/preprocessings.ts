import type { Preprocessing } from '@pixelwise/core'

/** BGR minus the mean of ImageNet, 0..255: what the Caffe nets of the time were trained on. */
export const imagenetCaffe: Preprocessing = {
  inputKind: 'rgb',
  channelOrder: 'bgr',
  mean: [104.00698793, 116.66876762, 122.67891434],
  scale: [1, 1, 1],
}

/** The rounded mean that GoogLeNet and SqueezeNet were trained with in Caffe. */
export const imagenetCaffeRounded: Preprocessing = { ...imagenetCaffe, mean: [104, 117, 123] }

/** BGR, mean subtracted and scaled by 0.017: the DenseNets of Caffe. */
export const imagenetDenseNet: Preprocessing = {
  ...imagenetCaffe,
  mean: [103.94, 116.78, 123.68],
  scale: [0.017, 0.017, 0.017],
}

/** RGB with torchvision's mean and deviation, given for 0..255. */
export const imagenetTorchvision: Preprocessing = {
  inputKind: 'rgb',
  channelOrder: 'rgb',
  mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
  scale: [1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255)],
}

/** Grey digits as Caffe's LeNet reads them: byte / 256. */
export const greyDigits: Preprocessing = { inputKind: 'grey', channelOrder: 'rgb', mean: [0], scale: [1 / 256] }
