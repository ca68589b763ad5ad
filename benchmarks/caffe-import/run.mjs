// Import of a VGG-16-sized caffemodel against OpenCV's and against plain reading, taking turns. See ../README.md.
//   node benchmarks/caffe-import/run.mjs [FOLDER] [ROUNDS]
import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const folder = process.argv[2] ?? join(tmpdir(), 'pixelwise-benchmark-fcn8s')
const rounds = Number(process.argv[3] ?? 5)
const python = process.env.PYTHON ?? 'python3'
const [net, weights, out] = ['net.prototxt', 'net.caffemodel', 'model'].map((name) => join(folder, name))
if (!existsSync(weights)) execFileSync(python, [here('write_fcn8s.py'), folder], { stdio: 'inherit' })

const runners = {
  read: () => run(process.execPath, [here('read.mjs'), weights]),
  opencv: () => run(python, [here('opencv.py'), net, weights]),
  pixelwise: () => run(process.execPath, [here('import.mjs'), net, weights]),
  'pixelwise, saved': () => {
    const result = run(process.execPath, [here('import.mjs'), net, weights, out])
    rmSync(out, { recursive: true })
    return { ...result, seconds: result.withSaving }
  },
}
const results = Object.fromEntries(Object.keys(runners).map((name) => [name, []]))
for (let round = 0; round < rounds; round++) {
  for (const [name, runner] of Object.entries(runners)) results[name].push(runner())
}

const bytes = statSync(weights).size
const read = median(results.read.map(({ seconds }) => seconds))
console.log(
  `weights: ${(bytes / 1e6).toFixed(0)} MB, medians of ${rounds} rounds, Node ${process.version}, OpenCV ${results.opencv[0].version}, ${cpus()[0].model}`,
)
for (const [name, runs] of Object.entries(results)) {
  const seconds = median(runs.map((one) => one.seconds))
  const peak = median(runs.map(({ peakKilobytes }) => peakKilobytes)) * 1024
  console.log(
    `${name.padEnd(18)} ${seconds.toFixed(2)} s (${(seconds / read).toFixed(1)} × reading), peak ${(peak / 1e6).toFixed(0)} MB (file ${peak > bytes ? '+' : '−'} ${Math.abs((peak - bytes) / 1e6).toFixed(0)} MB)`,
  )
}

function run(command, args) {
  return JSON.parse(
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
      .trim()
      .split('\n')
      .at(-1),
  )
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
}
