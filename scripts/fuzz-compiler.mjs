/**
 * Compiles random graphs of kernels, and gradients through them: each must give what tfjs gives on its cpu backend.
 * `node scripts/fuzz-compiler.mjs --help`
 */
import { parseArgs } from 'node:util'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { encodeModel, lowerGraph, optimise, trace } from '@pixelwise/compiler'
import { loadOnnxRuntime } from '@pixelwise/compiler/node'
import { Rng } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { difference, drawProgram, run } from './fuzz/programs.mjs'

const help = `node scripts/fuzz-compiler.mjs [options]      (build first: npm run setup)

  --graphs N     random graphs, every third with its gradients    (default 2000)
  --seed TEXT    equal seeds give equal graphs                    (default fuzz)
  --from N       the first graph, to look at one again            (default 0)
  --verbose      print every graph before it runs
`
const { values } = parseArgs({
  options: {
    graphs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: 'fuzz' },
    from: { type: 'string', default: '0' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(help)
else await main()

async function main() {
  tf.env().set('PROD', true)
  await tf.setBackend('cpu')
  const runtime = await loadOnnxRuntime()
  const [first, count] = [Number(values.from), Number(values.graphs)]
  const kernels = new Map()
  let [nodes, worst, gradients, faults] = [0, 0, 0, 0]
  const start = performance.now()
  const elapsed = () => `${((performance.now() - start) / 1000).toFixed(0)} s`
  for (let index = first; index < first + count; index++) {
    const done = index - first
    if (done > 0 && done % 100 === 0) console.log(`${done} of ${count} graphs, ${faults} faults, ${elapsed()}`)
    const program = drawProgram(new Rng(values.seed).split(index))
    const withGradient = index % 3 === 0 && program.differentiable
    if (values.verbose) console.log(`${index}: ${program.steps.map(({ name }) => name).join(' ')}`)
    try {
      const found = await compared(runtime, program, withGradient, index)
      for (const kernel of found.kernels) kernels.set(kernel, (kernels.get(kernel) ?? 0) + 1)
      nodes += found.kernels.length
      worst = Math.max(worst, found.difference / found.tolerance)
      gradients += Number(withGradient)
      if (found.difference <= found.tolerance) continue
      throw new Error(`differs by ${found.difference.toExponential(1)}, more than ${found.tolerance}`)
    } catch (error) {
      faults++
      console.error(
        `graph ${index}${withGradient ? ', gradients' : ''}: ${program.steps.map(({ name }) => name).join(' ')}`,
      )
      console.error(`  ${error.stack}`)
    }
  }
  console.log(`${count} graphs, ${gradients} with gradients: ${nodes} kernels of ${kernels.size} kinds in ${elapsed()}`)
  console.log(
    [...kernels]
      .sort(([, a], [, b]) => b - a)
      .map(([name, times]) => `${name} ${times}`)
      .join(', '),
  )
  console.log(`${faults} differ or fail; the largest difference is ${worst.toFixed(2)} of its tolerance`)
  process.exitCode = faults === 0 ? 0 : 1
}

async function compared(runtime, program, withGradient, index) {
  const rng = new Rng(`${values.seed} values`).split(index)
  const inputs = program.inputs.map((shape) => random(shape, rng))
  const compute = (...args) => {
    if (!withGradient) return run(program, args)
    const loss = (...moved) => tf.addN(run(program, moved).map((output) => tf.sum(tf.mul(output, output))))
    return tf.grads(loss)(args)
  }
  const traced = trace(
    compute,
    program.inputs.map((shape) => ({ shape })),
  )
  const graph = optimise(traced.graph)
  const lowered = lowerGraph(graph, { convolution: program.convolution })
  const session = await runtime.InferenceSession.create(encodeModel(lowered.onnx), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  })
  const tensors = new Map(traced.captured)
  for (const [i, { value }] of traced.graph.inputs.filter(({ kind }) => kind === 'argument').entries()) {
    tensors.set(value, inputs[i])
  }
  const feeds = {}
  for (const [value, name] of lowered.inputNames) {
    const { dtype, shape } = tensors.get(value)
    feeds[name] = new runtime.Tensor(dtype, await tensors.get(value).data(), shape)
  }
  const results = await session.run(feeds)
  const outputs = lowered.outputNames.map((name, i) => {
    const { data, dims } = results[name]
    return tf.tensor(data, [...dims], graph.values[graph.outputs[i]].dtype)
  })
  await session.release()
  const expected = [tf.tidy(() => compute(...inputs))].flat()
  const differences = outputs.map((output, i) => difference(output, expected[i]))
  tf.dispose([inputs, outputs, expected])
  return {
    difference: Math.max(...differences),
    // As for single kernels: values stay near one, so rounding hardly adds up over a dozen steps.
    tolerance: program.convolution === 'winograd' ? 5e-5 : 1e-5,
    kernels: graph.nodes.map(({ kernel }) => kernel),
  }
}

function random(shape, rng) {
  const size = shape.reduce((product, length) => product * length, 1)
  return tf.tensor(
    Float32Array.from({ length: size }, () => rng.uniform(-1, 1)),
    shape,
  )
}
