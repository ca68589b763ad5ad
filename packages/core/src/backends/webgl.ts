import { activate, peerNotLoaded } from './activate.js'
import type { Availability, BackendCandidate } from './candidate.js'
import { letFirstMaximumWin } from './first-maximum.js'
import { isSoftwareRenderer } from './gpu.js'

/** The part of a page or worker that WebGL needs. */
interface BrowserScope {
  readonly OffscreenCanvas?: new (width: number, height: number) => { getContext(kind: string): WebGlContext | null }
  readonly document?: { createElement(tag: 'canvas'): { getContext(kind: string): WebGlContext | null } }
}

interface WebGlContext {
  getExtension(name: string): { UNMASKED_RENDERER_WEBGL?: number; loseContext?(): void } | null
  getParameter(parameter: number): unknown
}

/** The GPU through WebGL, in a page or a worker. */
export const webgl: BackendCandidate = {
  name: 'webgl',
  probe: async () => probeWebGl(globalThis as unknown as BrowserScope),
  async start() {
    await import('@tensorflow/tfjs-backend-webgl').catch((error) => {
      throw peerNotLoaded('webgl', '@tensorflow/tfjs-backend-webgl', error)
    })
    letFirstMaximumWin('webgl')
    await activate('webgl')
    const found = probeWebGl(globalThis as unknown as BrowserScope)
    return { details: found.available ? found.details : {} }
  },
}

function probeWebGl(scope: BrowserScope): Availability {
  const canvas = scope.OffscreenCanvas ? new scope.OffscreenCanvas(1, 1) : scope.document?.createElement('canvas')
  const context = canvas?.getContext('webgl2') ?? canvas?.getContext('webgl')
  if (context === null || context === undefined) {
    return {
      available: false,
      why: 'the browser gives no WebGL context',
      next: 'turn on graphics acceleration in its settings',
    }
  }
  const renderer = rendererName(context)
  context.getExtension('WEBGL_lose_context')?.loseContext?.()
  return {
    available: true,
    details: { renderer },
    ...(isSoftwareRenderer(renderer) ? { emulator: renderer } : {}),
  }
}

/** Browsers that hide the true name from this extension give a coarse one in its place. */
function rendererName(context: WebGlContext): string {
  const parameter = context.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL
  return parameter === undefined ? 'unnamed' : String(context.getParameter(parameter))
}
