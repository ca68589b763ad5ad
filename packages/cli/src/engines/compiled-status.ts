import { loadOnnxRuntime } from '@pixelwise/compiler/node'
import { PixelwiseError } from '@pixelwise/core'

/** The compiled engine as found. Plain data, fit for JSON. */
export interface CompiledStatus {
  readonly name: 'compiled'
  readonly available: boolean
  /** True where `--engine auto` takes it, which it does wherever it is there. */
  readonly automatic: boolean
  /** Why it is not available, and what to do about it. */
  readonly reason?: string
}

/** Whether nets can be compiled here, which is whether ONNX Runtime can be loaded. */
export async function compiledStatus(load: () => Promise<unknown> = loadOnnxRuntime): Promise<CompiledStatus> {
  try {
    await load()
    return { name: 'compiled', available: true, automatic: true }
  } catch (error) {
    if (!(error instanceof PixelwiseError)) throw error
    return { name: 'compiled', available: false, automatic: false, reason: reasonOf(error) }
  }
}

/** A package that is there and does not start has a cause worth reading; one that is not there has none. */
function reasonOf({ what, cause }: PixelwiseError): string {
  const install = 'run "npm install onnxruntime-node"'
  if (!(cause instanceof Error) || ('code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) {
    return `onnxruntime-node is not installed; ${install}`
  }
  return `${what} (${cause.message.split('\n')[0]}); ${install} again`
}

/**
 * The line below the list of backends: the engine, and what `--engine auto` takes.
 *
 * @param eager the backend that nets run on where they are not compiled, null for none
 */
export function formatCompiled({ available, reason }: CompiledStatus, eager: string | null): string {
  const name = 'compiled'.padEnd(10)
  if (available) return `* ${name} ONNX Runtime is installed (onnxruntime-node); --engine auto takes it`
  return `- ${name} ${reason}; --engine auto takes ${eager ?? 'nothing'}`
}
