/**
 * The compiled engine beside ONNX Runtime on PyTorch's export, PyTorch, OpenCV and eager wasm: forward passes of fully
 * convolutional nets, and a training step, in interleaved rounds. `node benchmarks/engines.mjs --help`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { cropsOf, nets } from './engines/nets.mjs'
import { Peer } from './engines/peer-process.mjs'

const help = `node benchmarks/engines.mjs [options]      (build first: npm run setup)

  --net NAME      ${Object.keys(nets).join(', ')} (several times; default all)
  --peer NAME     compiled, onnxruntime, torch, opencv, eager (several times; default all); and whole: compiled, with
                  the borders that no image changes computed for every image
  --no-train      leave out the training step of FCN-8s VGG-16
  --only-train    nothing else
  --image HxW     size of the images (default 500x500)
  --rounds N      measurements of each peer (default 7; eager wasm and training 3)
  --python FILE   a Python with torch, onnx export and cv2 (default python3)
  --json          print all times as JSON
`
const options = {
  net: { type: 'string', multiple: true, default: Object.keys(nets) },
  peer: { type: 'string', multiple: true, default: ['compiled', 'onnxruntime', 'torch', 'opencv', 'eager'] },
  'no-train': { type: 'boolean', default: false },
  'only-train': { type: 'boolean', default: false },
  image: { type: 'string', default: '500x500' },
  rounds: { type: 'string', default: '7' },
  python: { type: 'string', default: 'python3' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}
const values = readOptions()
const rounds = Number(values.rounds)
const folder = mkdtempSync(join(tmpdir(), 'pixelwise-engines-'))

if (values.help) process.stdout.write(help)
else {
  try {
    await main()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({ options })
    const unknown = values.net.find((name) => !Object.hasOwn(nets, name))
    if (unknown !== undefined) throw new Error(`no net "${unknown}"`)
    return values
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${help}`)
    process.exit(2)
  }
}

async function main() {
  tf.env().set('PROD', true)
  await tf.setBackend('cpu')
  const [{ model: cpu }] = cpus()
  print(`${cpu}, ${availableParallelism()} threads, ${platform()} ${arch()}, Node ${process.version}`)
  const report = []
  for (const name of values['only-train'] ? [] : values.net) report.push(await forward(nets[name]))
  if (!values['no-train']) report.push(await training(nets['fcn8s-vgg16']))
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`)
}

async function forward(net) {
  const file = join(folder, `${net.title}.onnx`)
  const described = describe(net, { file, cache: join(folder, 'cache') })
  const wanted = new Set(values.peer)
  if (wanted.has('onnxruntime') || wanted.has('opencv')) {
    const exporter = await Peer.start('export', python('export', described)).catch(() => undefined)
    if (exporter === undefined) {
      print('without PyTorch there is no file for onnxruntime and opencv')
      for (const name of ['onnxruntime', 'opencv']) wanted.delete(name)
    }
    exporter?.stop()
  }
  const peers = []
  for (const name of wanted) {
    const command = ['torch', 'opencv'].includes(name) ? python(name, described) : node(name, described)
    const peer = await Peer.start(name, command).catch((error) => print(`${name} is left out: ${error.message}`))
    if (peer) peers.push(peer)
  }
  await interleave(peers, (name, round) => name !== 'eager' || round < 3)
  return summarise(`${net.title}, ${net.size?.join('x') ?? values.image}, forward`, peers)
}

async function training(net) {
  const described = describe(net, {})
  const peers = []
  for (const [name, command] of [
    ['compiled', node('train', described)],
    ['torch', python('train', described)],
  ]) {
    const peer = await Peer.start(name, command).catch((error) => print(`${name} is left out: ${error.message}`))
    if (peer) peers.push(peer)
  }
  await interleave(peers, (_, round) => round < 3)
  return summarise(`${net.title}, ${values.image}, training step (forward, backward, momentum)`, peers)
}

function describe(net, more) {
  const { title: _, ...rest } = net
  return JSON.stringify({ crops: cropsOf(net), size: values.image.split('x').map(Number), ...rest, ...more })
}

function here(name) {
  return fileURLToPath(new URL(`engines/${name}`, import.meta.url))
}

function node(kind, described) {
  return [process.execPath, here('peer.mjs'), kind, described]
}

function python(kind, described) {
  return [values.python, here('peer.py'), kind, described]
}

async function interleave(peers, takesPart) {
  for (let round = 0; round < rounds; round++) {
    for (const peer of [...peers]) {
      if (!takesPart(peer.name, round)) continue
      await peer.run().catch((error) => {
        print(`${peer.name} is left out: ${error.message}`)
        peers.splice(peers.indexOf(peer), 1)
      })
    }
  }
  for (const peer of peers) peer.stop()
}

function summarise(title, peers) {
  print(`\n${title}`)
  const compiled = peers.find(({ name }) => name === 'compiled')
  for (const { name, times, about, peak } of peers) {
    const [low, middle, high] = quantiles(times)
    const ratios =
      compiled && name !== 'compiled' ? quantiles(times.map((time, i) => time / compiled.times[i])) : undefined
    const ratio = ratios
      ? `; compiled is ${ratios[1].toFixed(2)}× as fast (${ratios[0].toFixed(2)}–${ratios[2].toFixed(2)})`
      : ''
    print(
      `${name.padEnd(12)} ${seconds(middle)} (${seconds(low)}–${seconds(high)}), peak ${(peak / 1e9).toFixed(2)} GB${ratio}`,
    )
    const { first, second, prepared, version } = about
    const starts = { 'first run': first, 'first run of a second size': second, prepared }
    const known = Object.entries(starts).filter(([, time]) => time !== undefined)
    print(`${''.padEnd(12)} ${known.map(([what, time]) => `${what} ${seconds(time)}`).join(', ')}; ${version}`)
  }
  return { title, peers: peers.map(({ name, times, about, peak }) => ({ name, times, peak, ...about })) }
}

/** Lower quartile, median, upper quartile. */
function quantiles(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return [0.25, 0.5, 0.75].map((share) => sorted[Math.round(share * (sorted.length - 1))])
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(3)} s`
}

function print(line) {
  process.stderr.write(`${line}\n`)
}
