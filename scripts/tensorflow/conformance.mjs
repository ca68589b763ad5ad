/*
 * Runs the op conformance suite on the tensorflow backend and writes docs/backends/tensorflow-conformance.md.
 *
 *   node scripts/tensorflow/build-binding.mjs        once
 *   node scripts/tensorflow/conformance.mjs [NODE…]  with these Node binaries, or with the one that runs this
 */
import { join } from 'node:path'
import { runSuite, writeLog } from '../shared/op-conformance.mjs'
import { root } from '../shared/run.mjs'

const nodes = process.argv.length > 2 ? process.argv.slice(2) : [process.execPath]
const runs = runSuite('tensorflow', {
  env: { NODE_PATH: join(root, 'node_modules/.cache/tensorflow/node_modules'), TF_CPP_MIN_LOG_LEVEL: '1' },
  nodes,
})
writeLog('tensorflow', {
  heading: 'The operations on libtensorflow',
  command: 'node scripts/tensorflow/conformance.mjs',
  note: "libtensorflow is the one in TensorFlow's Python wheel, under tfjs-node's own binding (`scripts/tensorflow/build-binding.mjs`).",
  runs,
})
