/** One region pathway of a net that is to be built. */
export interface PathwayOptions {
  /** Name of the backbone's tap whose features it reads. */
  readonly tap: string
  /** Cells along one side of its filter, odd. */
  readonly kernel: number
  /** Cells along one side of a region's window; the window covers this many times the tap's stride in pixels. */
  readonly window: number
  /**
   * Fixed multiplier of the features, before anything else reads them. Features of different depths may differ in size a
   * hundredfold, and the pathways of a net share one learning rate. Default 1. Source: FCN-8s at once has such constants.
   */
  readonly scale?: number
  /**
   * Channels that a 1×1 convolution and a ReLU leave of the features for what follows. Not in the thesis;
   * with 256 instead of 4096 channels, fc6's pathway has 6.7 million filter weights instead of 107.
   */
  readonly reduction?: number
}

/**
 * The five pathways of the thesis on VGG-16: windows of 28, 56, 144, 288 and 576 pixels.
 *
 * Source: Long 2016, Table 4.1; taps of {@link vgg16RegionTaps}.
 */
export const vgg16Pathways: readonly PathwayOptions[] = [
  { tap: 'conv2_2', kernel: 5, window: 14 },
  { tap: 'conv3_3', kernel: 5, window: 14 },
  { tap: 'conv4_3', kernel: 9, window: 18 },
  { tap: 'conv5_3', kernel: 9, window: 18 },
  { tap: 'fc6', kernel: 9, window: 18 },
]

/** Where they leave VGG-16, for `retapped`: after the ReLU before each pooling but the first, and after fc6. */
export const vgg16RegionTaps = {
  conv2_2: 'relu2_2',
  conv3_3: 'relu3_3',
  conv4_3: 'relu4_3',
  conv5_3: 'relu5_3',
  fc6: 'relu6',
} as const
