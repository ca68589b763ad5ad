import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { lenetClassifier } from '@pixelwise/backbones'
import { transplantWeights } from '@pixelwise/caffe-import'
import { openWeights } from '@pixelwise/caffe-import/node'
import { Rng, useBackend } from '@pixelwise/core'
import { convolutionalize, shiftAndStitch } from '@pixelwise/fcn'
import * as tf from '@tensorflow/tfjs-core'
import { readDigits } from './decode.mjs'
import { composeString, readMnist } from './digits.mjs'
import { picture } from './picture.mjs'

const options = optionsOf({
  weights: { type: 'string', default: 'data/lenet_iter_10000.caffemodel' },
  images: { type: 'string', default: 'data/t10k-images-idx3-ubyte.gz' },
  labels: { type: 'string', default: 'data/t10k-labels-idx1-ubyte.gz' },
  strings: { type: 'string', default: '200' },
  length: { type: 'string', default: '5' },
  every: { type: 'string', default: '4' },
  out: { type: 'string', default: 'out' },
})
await requireFiles()
await useBackend()

// The classifier of single digits, with the weights that Caffe trained; then the same net for pictures of any size.
const classifier = lenetClassifier()
const { weights, close } = await openWeights(options.weights)
transplantWeights(classifier, weights)
close()
const net = convolutionalize(classifier)
// Its cells are 4 pixels apart; shifted images give those between.
const stride = Number(options.every)

const mnist = await readMnist(options.images, options.labels)
const rng = new Rng('strings')
const read = []
let [digits, rightDigits, rightStrings] = [0, 0, 0]
for (let i = 0; i < Number(options.strings); i++) {
  const string = composeString(mnist, rng, Number(options.length))
  const columns = await probabilities(string.image)
  // Digits stand 20 to 26 pixels apart.
  const found = readDigits(columns, {
    spacing: [Math.floor(20 / stride), Math.ceil(26 / stride)],
    margin: Math.ceil(5 / stride),
  })
  const text = found.map(({ digit }) => digit).join('')
  digits += string.text.length
  rightDigits += string.text.length - distance(text, string.text)
  rightStrings += text === string.text ? 1 : 0
  read.push({ ...string, columns, stride, read: found })
}

await mkdir(options.out, { recursive: true })
const file = join(options.out, 'strings.svg')
await writeFile(file, picture(read.slice(0, 6)))
console.error(`wrote ${file}`)
const percent = (part, whole) => `${((100 * part) / whole).toFixed(1)} %`
console.log(
  `${percent(rightDigits, digits)} of ${digits} digits and ${percent(rightStrings, read.length)} of ${read.length} strings read`,
)

/** Probability of each digit every few pixels along the string; of the rows of cells, the one that is surest. */
async function probabilities({ height, width, data }) {
  const scores = tf.tidy(() => {
    const image = tf.tensor4d(
      Float32Array.from(data, (value) => value / 256),
      [1, height, width, 1],
    )
    const map = stride === 4 ? net.predict(image) : shiftAndStitch(net, image, { stride: 4, outputStride: stride })
    return tf.max(tf.squeeze(map, [0]), 0)
  })
  const columns = await scores.array()
  scores.dispose()
  return columns
}

/** Insertions, deletions and replacements between two strings. */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length]
}

async function requireFiles() {
  const missing = []
  for (const name of ['weights', 'images', 'labels']) {
    await access(options[name]).catch(() => missing.push(options[name]))
  }
  if (missing.length === 0) return
  console.error(`missing: ${missing.join(', ')}`)
  console.error(
    'lenet_iter_10000.caffemodel: what Caffe’s examples/mnist trains; stored in ethereon/caffe-tensorflow, examples/mnist',
  )
  console.error('t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz: the test digits of MNIST')
  console.error('put them into data/, or name them with --weights, --images and --labels')
  process.exit(1)
}

/** The values of options; a mistyped one is told in a line, with exit code 2. */
function optionsOf(options) {
  try {
    return parseArgs({ options }).values
  } catch ({ message }) {
    console.error(`error: ${message.split('. ')[0]}; known: --${Object.keys(options).join(', --')}`)
    process.exit(2)
  }
}
