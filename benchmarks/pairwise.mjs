/**
 * Pairwise networks: suppression of regions in linear time, the share of transpose and local matrix in a pathway's
 * time, and a pyramid of features beside a pyramid of images. `node benchmarks/pairwise.mjs --help`
 */
import { parseArgs } from 'node:util'
import '@tensorflow/tfjs-layers'
import { surroundings } from './backends/surroundings.mjs'
import { measurePyramid, pyramidNets } from './pairwise/pyramid.mjs'
import { formatReport } from './pairwise/report.mjs'
import { measureShares } from './pairwise/shares.mjs'
import { measureSuppression } from './pairwise/suppression.mjs'
import { TorchvisionPeer } from './pairwise/torchvision-peer.mjs'

const parts = ['suppression', 'shares', 'pyramid']

const help = `node benchmarks/pairwise.mjs [options]      (build first: npm run setup)

  --only PART     ${parts.join(', ')}; may be given twice     (default all)
  --rounds N      measurements of each                              (default 3)
  --regions LIST  numbers of regions                                (default 1e3,1e4,3e4,1e5,3e5,1e6)
  --python FILE   Python with torchvision                           (default $PIXELWISE_PYTHON)
  --nets LIST     nets of the pyramid: ${pyramidNets.join(', ')}               (default both)
  --size HxW      image of the pyramid, multiples of 32             (default 480x640; VGG-16 half of it)
  --json          print everything as JSON
`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: parts },
    rounds: { type: 'string', default: '3' },
    regions: { type: 'string', default: '1e3,1e4,3e4,1e5,3e5,1e6' },
    python: { type: 'string' },
    nets: { type: 'string', default: pyramidNets.join(',') },
    size: { type: 'string', default: '480x640' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(help)
else await main()

async function main() {
  const wants = (part) => values.only.includes(part)
  const rounds = Number(values.rounds)
  const progress = (text) => process.stderr.write(`${text}\n`)
  const { machine, node, commit, loadBefore } = surroundings()
  const torchvision = new TorchvisionPeer()
  try {
    if (wants('suppression')) await torchvision.start(values.python ?? process.env.PIXELWISE_PYTHON)
    const counts = values.regions.split(',').map(Number)
    const suppression = wants('suppression')
      ? { results: await measureSuppression({ counts, rounds, torchvision, progress }), absent: torchvision.absent }
      : undefined
    const shares = wants('shares') ? await measureShares({ rounds, progress }) : undefined
    const pyramids = wants('pyramid') ? await measuredPyramids(rounds, progress) : []
    const command = ['node benchmarks/pairwise.mjs', ...process.argv.slice(2)].join(' ')
    const { versions } = torchvision
    const everything = { command, machine, node, commit, loadBefore, versions, suppression, shares, pyramids }
    process.stdout.write(values.json ? `${JSON.stringify(everything, null, 2)}\n` : formatReport(everything))
  } finally {
    await torchvision.stop()
  }
}

async function measuredPyramids(rounds, progress) {
  const pyramids = []
  for (const net of values.nets.split(',')) {
    const size = values.size.split('x').map((length) => Number(length) / (net === 'vgg16' ? 2 : 1))
    pyramids.push(await measurePyramid({ net, size, scales: [1, 2, 3], rounds, progress }))
  }
  return pyramids
}
