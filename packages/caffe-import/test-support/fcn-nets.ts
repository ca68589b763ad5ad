/**
 * The nets of the FCN release (fcn.berkeleyvision.org), built from their published structure: trunk, score layers,
 * upsampling and crops of Long 2016, chapter 3, as 15 pairs of train and val files and one deploy file.
 *
 * `slim` divides all widths but the number of classes, so that tests are quick; 1 gives the published nets.
 */
export interface FcnNet {
  /** `voc-fcn8s/train`. */
  readonly name: string
  readonly text: string
  /** The same layers with Input in place of data layers, and no loss: what other software can run. */
  readonly deploy: string
  /** Inputs without labels: name and channels. */
  readonly inputs: readonly (readonly [name: string, channels: number])[]
  /** Names of the score maps. */
  readonly outputs: readonly string[]
  /** Published crop offsets, by layer. */
  readonly crops: Readonly<Record<string, number>>
}

interface Variant {
  readonly folder: string
  readonly heads: readonly Head[]
  readonly stride: 32 | 16 | 8
  readonly trunk?: 'vgg16' | 'alexnet'
  /** Names of the inputs; several are concatenated, or have a trunk each. */
  readonly data?: readonly (readonly [name: string, channels: number])[]
  readonly fusion?: 'early' | 'late'
  readonly atOnce?: boolean
}

interface Head {
  /** Ending of the names, such as `_sem`. */
  readonly suffix: string
  readonly classes: number
}

const one = (classes: number): readonly Head[] => [{ suffix: '', classes }]
const siftFlow: readonly Head[] = [
  { suffix: '_sem', classes: 33 },
  { suffix: '_geo', classes: 3 },
]
const strides = [32, 16, 8] as const

const variants: readonly Variant[] = [
  ...strides.map((stride): Variant => ({ folder: `voc-fcn${stride}s`, heads: one(21), stride })),
  { folder: 'voc-fcn8s-atonce', heads: one(21), stride: 8, atOnce: true },
  { folder: 'voc-fcn-alexnet', heads: one(21), stride: 32, trunk: 'alexnet' },
  { folder: 'nyud-fcn32s-color', heads: one(40), stride: 32 },
  {
    folder: 'nyud-fcn32s-color-d',
    heads: one(40),
    stride: 32,
    fusion: 'early',
    data: [
      ['color', 3],
      ['depth', 1],
    ],
  },
  { folder: 'nyud-fcn32s-hha', heads: one(40), stride: 32 },
  {
    folder: 'nyud-fcn32s-color-hha',
    heads: one(40),
    stride: 32,
    fusion: 'late',
    data: [
      ['color', 3],
      ['hha', 3],
    ],
  },
  ...strides.map((stride): Variant => ({ folder: `siftflow-fcn${stride}s`, heads: siftFlow, stride })),
  ...strides.map((stride): Variant => ({ folder: `pascalcontext-fcn${stride}s`, heads: one(60), stride })),
]

/** All 31 nets. */
export function fcnNets(slim: number): FcnNet[] {
  const files = variants.flatMap((variant) => ['train', 'val'].map((split) => fcnNet(variant, split, slim)))
  return [...files, fcnNet(variants[2], 'deploy', slim)]
}

function fcnNet(variant: Variant, split: string, slim: number): FcnNet {
  const inputs = variant.data ?? [['data', 3]]
  const labels = variant.heads.length > 1 ? ['sem', 'geo'] : ['label']
  const crops: Record<string, number> = {}
  const body = layersOf(variant, slim, crops)
  const outputs = variant.heads.map(({ suffix }) => `score${suffix}`)
  const losses = variant.heads.map(({ suffix }, i) => loss(variant, i === 0 ? '' : suffix, `score${suffix}`, labels[i]))
  const data =
    `layer { name: "data" type: "Python" ${[...inputs.map(([name]) => name), ...labels].map((top) => `top: "${top}"`).join(' ')}\n` +
    `  python_param { module: "layers" layer: "SegDataLayer" param_str: "{'seed': 1337, 'split': '${split}', 'mean': (104.00699, 116.66877, 122.67892)}" } }\n`
  const deploy = inputs
    .map(
      ([name, channels]) =>
        `layer { name: "${name}" type: "Input" top: "${name}" input_param { shape: { dim: 1 dim: ${channels} dim: 500 dim: 500 } } }\n`,
    )
    .join('')
  return {
    name: `${variant.folder}/${split}`,
    text: split === 'deploy' ? deploy + body : data + body + losses.join(''),
    deploy: deploy + body,
    inputs,
    outputs,
    crops,
  }
}

function loss({ trunk }: Variant, suffix: string, score: string, label: string): string {
  const normalize = trunk === 'alexnet'
  return `layer { name: "loss${suffix}" type: "SoftmaxWithLoss" bottom: "${score}" bottom: "${label}" top: "loss${suffix}" loss_param { ignore_label: 255 normalize: ${normalize} } }\n`
}

function layersOf(variant: Variant, slim: number, crops: Record<string, number>): string {
  const trunk = variant.trunk === 'alexnet' ? alexnet : vgg16
  const [first, second] = variant.data ?? []
  if (variant.fusion === 'early') {
    const joined = `layer { name: "concat" type: "Concat" bottom: "${first[0]}" bottom: "${second[0]}" top: "data" concat_param { axis: 1 } }\n`
    const renamed = trunk('data', '', slim).replaceAll(/"(conv1_1)"/g, '"conv1_1_bgrd"')
    return joined + renamed + heads(variant, crops)
  }
  if (variant.fusion === 'late') {
    const towers = [first, second].map(
      ([name]) =>
        trunk(name, name, slim) + convolution(`score_fr${name}`, `fc7${name}`, variant.heads[0].classes, 1, 0),
    )
    const fused = `layer { name: "score_fused" type: "Eltwise" bottom: "score_fr${first[0]}" bottom: "score_fr${second[0]}" top: "score_fused" eltwise_param { operation: SUM coeff: 0.5 coeff: 0.5 } }\n`
    const { classes } = variant.heads[0]
    return `${towers.join('')}${fused}${upsampling('upscore', 'score_fused', classes, 64, 32)}${crop('score', 'upscore', first[0], 19, crops)}`
  }
  return trunk('data', '', slim) + heads(variant, crops)
}

function heads(variant: Variant, crops: Record<string, number>): string {
  const scales = variant.atOnce ? scale('scale_pool4', 'pool4', 0.01) + scale('scale_pool3', 'pool3', 0.0001) : ''
  return scales + variant.heads.map((head) => headOf(variant, head, crops)).join('')
}

function headOf(
  { stride, trunk, atOnce }: Variant,
  { suffix: s, classes }: Head,
  crops: Record<string, number>,
): string {
  const text = [convolution(`score_fr${s}`, 'fc7', classes, 1, 0)]
  const skip = (level: number, from: string, offset: number) => {
    const name = `score_pool${level}${s}`
    const source = atOnce ? `scale_pool${level}` : `pool${level}`
    text.push(convolution(name, source, classes, 1, 0), crop(`${name}c`, name, from, offset, crops))
    text.push(
      `layer { name: "fuse_pool${level}${s}" type: "Eltwise" bottom: "${from}" bottom: "${name}c" top: "fuse_pool${level}${s}" eltwise_param { operation: SUM } }\n`,
    )
  }
  if (stride === 32) {
    const [kernel, offset] = trunk === 'alexnet' ? [63, 18] : [64, 19]
    text.push(upsampling(`upscore${s}`, `score_fr${s}`, classes, kernel, 32))
    return text.join('') + crop(`score${s}`, `upscore${s}`, 'data', offset, crops)
  }
  text.push(upsampling(`upscore2${s}`, `score_fr${s}`, classes, 4, 2))
  skip(4, `upscore2${s}`, 5)
  if (stride === 16) {
    text.push(upsampling(`upscore16${s}`, `fuse_pool4${s}`, classes, 32, 16))
    return text.join('') + crop(`score${s}`, `upscore16${s}`, 'data', 27, crops)
  }
  text.push(upsampling(`upscore_pool4${s}`, `fuse_pool4${s}`, classes, 4, 2))
  skip(3, `upscore_pool4${s}`, 9)
  text.push(upsampling(`upscore8${s}`, `fuse_pool3${s}`, classes, 16, 8))
  return text.join('') + crop(`score${s}`, `upscore8${s}`, 'data', 31, crops)
}

function vgg16(input: string, suffix: string, slim: number): string {
  const stages = [
    [64, 2],
    [128, 2],
    [256, 3],
    [512, 3],
    [512, 3],
  ]
  let below = input
  const text: string[] = []
  stages.forEach(([width, depth], i) => {
    for (let j = 1; j <= depth; j++) {
      const name = `conv${i + 1}_${j}${suffix}`
      text.push(convolution(name, below, Math.ceil(width / slim), 3, i === 0 && j === 1 ? 100 : 1))
      text.push(relu(`relu${i + 1}_${j}${suffix}`, name))
      below = name
    }
    text.push(pool(`pool${i + 1}${suffix}`, below, 2, 2))
    below = `pool${i + 1}${suffix}`
  })
  return text.join('') + fullyConnected(below, suffix, 7, slim)
}

function fullyConnected(below: string, suffix: string, kernel: number, slim: number): string {
  const width = Math.ceil(4096 / slim)
  const part = (i: number, from: string, size: number) =>
    convolution(`fc${i}${suffix}`, from, width, size, 0) +
    relu(`relu${i}${suffix}`, `fc${i}${suffix}`) +
    `layer { name: "drop${i}${suffix}" type: "Dropout" bottom: "fc${i}${suffix}" top: "fc${i}${suffix}" dropout_param { dropout_ratio: 0.5 } }\n`
  return part(6, below, kernel) + part(7, `fc6${suffix}`, 1)
}

function alexnet(input: string, suffix: string, slim: number): string {
  const width = (channels: number) => 2 * Math.ceil(channels / slim / 2)
  const norm = (i: number) =>
    `layer { name: "norm${i}" type: "LRN" bottom: "pool${i}" top: "norm${i}" lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 } }\n`
  return [
    convolution('conv1', input, width(96), 11, 100, 'stride: 4'),
    relu('relu1', 'conv1'),
    pool('pool1', 'conv1', 3, 2),
    norm(1),
    convolution('conv2', 'norm1', width(256), 5, 2, 'group: 2'),
    relu('relu2', 'conv2'),
    pool('pool2', 'conv2', 3, 2),
    norm(2),
    convolution('conv3', 'norm2', width(384), 3, 1),
    relu('relu3', 'conv3'),
    convolution('conv4', 'conv3', width(384), 3, 1, 'group: 2'),
    relu('relu4', 'conv4'),
    convolution('conv5', 'conv4', width(256), 3, 1, 'group: 2'),
    relu('relu5', 'conv5'),
    pool('pool5', 'conv5', 3, 2),
    fullyConnected('pool5', suffix, 6, slim),
  ].join('')
}

function convolution(name: string, bottom: string, outputs: number, kernel: number, pad: number, more = ''): string {
  return `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}" param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: ${outputs} pad: ${pad} kernel_size: ${kernel} ${more} } }\n`
}

function upsampling(name: string, bottom: string, classes: number, kernel: number, stride: number): string {
  return `layer { name: "${name}" type: "Deconvolution" bottom: "${bottom}" top: "${name}" param { lr_mult: 0 }
  convolution_param { num_output: ${classes} bias_term: false kernel_size: ${kernel} stride: ${stride} } }\n`
}

function crop(name: string, bottom: string, reference: string, offset: number, crops: Record<string, number>): string {
  crops[name] = offset
  return `layer { name: "${name}" type: "Crop" bottom: "${bottom}" bottom: "${reference}" top: "${name}" crop_param { axis: 2 offset: ${offset} } }\n`
}

function relu(name: string, blob: string): string {
  return `layer { name: "${name}" type: "ReLU" bottom: "${blob}" top: "${blob}" }\n`
}

function pool(name: string, bottom: string, kernel: number, stride: number): string {
  return `layer { name: "${name}" type: "Pooling" bottom: "${bottom}" top: "${name}" pooling_param { pool: MAX kernel_size: ${kernel} stride: ${stride} } }\n`
}

function scale(name: string, bottom: string, value: number): string {
  return `layer { name: "${name}" type: "Scale" bottom: "${bottom}" top: "${name}" param { lr_mult: 0 } scale_param { filler { type: "constant" value: ${value} } } }\n`
}
