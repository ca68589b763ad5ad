/**
 * Forward and backward of a 3×3 convolution and of a net on every backend present, in one interleaved run.
 * `node benchmarks/backends.mjs --help`
 */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { measureAll } from './backends/measure.mjs'
import { peersFor } from './backends/peers.mjs'
import { formatReport } from './backends/report.mjs'
import { surroundings } from './backends/surroundings.mjs'

const help = `node benchmarks/backends.mjs [options]      (build first: npm run setup)

  --rounds N      measurements of each task and backend           (default 7)
  --size N        height and width of the convolution's image     (default 128)
  --channels N    its channels, in and out                        (default 256)
  --net FILE      module with build(classes) → { model, loss }    (default: the demo's net)
  --batch N       images per step of the net                      (default 4)
  --image HxW     their size                                      (default 96x96)
  --classes N     classes of the net                              (default 6)
  --limit N       seconds after which a backend is given up       (default 60)
  --only TEXT     only peers and tasks whose names contain this; may be given twice
  --json          print everything as JSON
`

const options = {
  rounds: { type: 'string', default: '7' },
  size: { type: 'string', default: '128' },
  channels: { type: 'string', default: '256' },
  net: { type: 'string' },
  batch: { type: 'string', default: '4' },
  image: { type: 'string', default: '96x96' },
  classes: { type: 'string', default: '6' },
  limit: { type: 'string', default: '60' },
  only: { type: 'string', multiple: true, default: [] },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}

function readOptions() {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${help}`)
    process.exit(2)
  }
}

const values = readOptions()
if (values.help) process.stdout.write(help)
else await main()

async function main() {
  const [height, width] = values.image.split('x').map(Number)
  const module = values.net ? pathToFileURL(resolve(values.net)) : new URL('backends/demo-net.mjs', import.meta.url)
  const settings = {
    seed: 1,
    size: Number(values.size),
    channels: Number(values.channels),
    net: { module: module.href, batch: Number(values.batch), height, width, classes: Number(values.classes) },
  }
  const about = { command: ['node benchmarks/backends.mjs', ...process.argv.slice(2)].join(' '), ...surroundings() }
  const measured = await measureAll({
    peers: peersFor(availableParallelism()),
    settings,
    rounds: Number(values.rounds),
    limitSeconds: Number(values.limit),
    only: values.only,
    progress: (text) => process.stderr.write(`${text}\n`),
  })
  const everything = { ...about, settings, ...measured }
  process.stdout.write(values.json ? `${JSON.stringify(everything, null, 2)}\n` : formatReport(everything))
}
