import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, cpus, platform } from 'node:os'

/** What an optimised model depends on beside the graph: the CPU with its instructions, and the version of ONNX Runtime. */
export async function machineIdentity(): Promise<readonly string[]> {
  const [cpu] = cpus()
  return [platform(), arch(), cpu?.model ?? 'unknown', await instructions(), runtimeVersion()]
}

/** Two machines of one model can differ in what a hypervisor lets through. */
async function instructions(): Promise<string> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  return /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1].trim() ?? ''
}

function runtimeVersion(): string {
  try {
    const manifest = createRequire(import.meta.url)('onnxruntime-node/package.json')
    return `${manifest.version}`
  } catch {
    return 'unknown'
  }
}
