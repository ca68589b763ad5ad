/**
 * Training steps of FCN-8s: compiled, eager on each backend that is installed, and PyTorch, taking turns in one run.
 * `node benchmarks/training.mjs --help`
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { speedup, summarise } from './backends/statistics.mjs'
import { surroundings } from './backends/surroundings.mjs'
import { LinePeer } from './training/line-peer.mjs'

const help = `node benchmarks/training.mjs [options]      (build first: npm run setup)

  --image HxW      size of the images                               (default 96x96)
  --batch N        images of one step                               (default 4)
  --classes N      classes of the net                               (default 21)
  --rounds N       turns of each peer                               (default 15)
  --steps N        steps of a turn                                  (default 3)
  --engines LIST   by comma: compiled, wasm, tensorflow, webgpu, cpu (default compiled,wasm,tensorflow,webgpu)
  --python PATH    a Python with torch                              (default /usr/bin/python3)
  --json FILE      all times, for later
`

const options = {
  image: { type: 'string', default: '96x96' },
  batch: { type: 'string', default: '4' },
  classes: { type: 'string', default: '21' },
  rounds: { type: 'string', default: '15' },
  steps: { type: 'string', default: '3' },
  engines: { type: 'string', default: 'compiled,wasm,tensorflow,webgpu' },
  python: { type: 'string', default: '/usr/bin/python3' },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
}

const values = readOptions()
if (values.help) process.stdout.write(help)
else await main()

function readOptions() {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${help}`)
    process.exit(2)
  }
}

async function main() {
  const [height, width] = values.image.split('x').map(Number)
  const [batch, classes, steps] = [values.batch, values.classes, values.steps].map(Number)
  const settings = { height, width, batch, classes, steps }
  const peers = [
    ...values.engines.split(',').map((name) => new LinePeer(name, process.execPath, 'node-peer.mjs', name)),
    new LinePeer('PyTorch', values.python, 'torch-peer.py'),
  ]
  const before = surroundings()
  const running = []
  const absent = []
  for (const peer of peers) {
    // The first step compiles and fills caches; its time is told apart.
    const started = await peer.ask({ ...settings, steps: 1 })
    if (started.absent !== undefined) {
      absent.push(`${peer.name}: ${started.absent}`)
      peer.stop()
    } else running.push({ peer, ...started, first: started.milliseconds, times: [] })
  }
  checkSame(running)
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const one of running) one.times.push((await one.peer.ask({ steps })).milliseconds / steps)
  }
  for (const one of running) Object.assign(one, await one.peer.ask({ steps: 0 }))
  for (const { peer } of running) peer.stop()
  report(running, absent, before, settings)
  if (values.json !== undefined) {
    const results = running.map(({ peer, ...rest }) => ({ name: peer.name, ...rest }))
    writeFileSync(
      values.json,
      `${JSON.stringify({ command: process.argv.slice(2), ...before, settings, results }, null, 1)}\n`,
    )
  }
}

/** The peers train one net: as many weights, and the same loss before the first update, as scorers start at zero. */
function checkSame([first, ...others]) {
  for (const other of others) {
    const isSame = other.parameters === first.parameters && Math.abs(other.loss - first.loss) < 1e-4
    if (!isSame) {
      const text = ({ peer, parameters, loss }) => `${peer.name}: ${parameters} weights, first loss ${loss}`
      throw new Error(`the peers train different nets: ${text(first)}; ${text(other)}`)
    }
  }
}

function report(running, absent, before, { height, width, batch, classes, steps }) {
  const [reference] = running.slice(-1)
  print(`FCN-8s on the small VGG, ${running[0].parameters} weights, ${classes} classes, ${batch} × ${height}×${width}:`)
  print('forward, backward, SGD with momentum and weight decay, dropout 0.1')
  print(`${before.machine}, Node ${before.node}, commit ${before.commit}, load before ${before.loadBefore.toFixed(2)}`)
  print(`node benchmarks/training.mjs ${process.argv.slice(2).join(' ')}`)
  print(`${values.rounds} turns of ${steps} steps each; medians (least–greatest)\n`)
  for (const { peer, times, first, peakMiB, versions } of running) {
    const speed = summarise(times.map((time) => (1000 * batch) / time))
    print(
      `${peer.name.padEnd(10)} ${speed.median.toFixed(1).padStart(7)} images/s (${speed.least.toFixed(1)}–${speed.greatest.toFixed(1)}), ` +
        `peak memory ${Math.round(peakMiB)} MiB, first step ${Math.round(first)} ms   [${versions}]`,
    )
  }
  print('')
  for (const { peer, times } of running.slice(0, -1)) {
    const { median, least, greatest } = speedup(reference.times, times)
    const ratio = (value) => value.toFixed(2)
    print(`${peer.name} is ${ratio(median)}× as fast as ${reference.peer.name} (${ratio(least)}–${ratio(greatest)})`)
  }
  for (const reason of absent) print(`left out: ${reason}`)
}

function print(line) {
  process.stdout.write(`${line}\n`)
}
