/*
 * Runs the op conformance suite on the webgpu backend in Node and writes docs/backends/webgpu-conformance.md.
 *
 *   node scripts/webgpu/conformance.mjs                 on SwiftShader, from Debian's package chromium-common
 *   node scripts/webgpu/conformance.mjs --own-driver    on the machine's GPU
 */
import { existsSync } from 'node:fs'
import { runSuite, writeLog } from '../shared/op-conformance.mjs'

const ownDriver = process.argv.includes('--own-driver')
const chromium = '/usr/lib/chromium'
const driver = `${chromium}/vk_swiftshader_icd.json`
const swiftShader = { VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver, LD_LIBRARY_PATH: chromium }

if (!ownDriver && !existsSync(driver)) {
  console.error(`${driver} is missing: apt-get install chromium-common, or pass --own-driver`)
  process.exit(1)
}
writeLog('webgpu', {
  heading: 'The operations on WebGPU in Node',
  command: `node scripts/webgpu/conformance.mjs${ownDriver ? ' --own-driver' : ''}`,
  note: ownDriver
    ? ''
    : 'SwiftShader emulates a GPU on the processor: this shows that the shaders are right, not how fast they are.',
  runs: runSuite('webgpu', { env: ownDriver ? {} : swiftShader }),
})
