import { afterEach, describe, expect, test, vi } from 'vitest'
import { type BackendName, backendNames } from './candidate.js'
import { platform } from './platform-browser.js'

/* What a page sees, played with stand-ins for the browser's objects; a real browser is driven by scripts/webgpu. */
const probe = (name: BackendName) => platform.candidates.find((each) => each.name === name)?.probe(false)

const adapter = (info: object) => ({
  info: { vendor: '', architecture: '', device: '', description: '', ...info },
  limits: { maxBufferSize: 2 ** 31, maxStorageBufferBindingSize: 2 ** 30 },
})

const navigatorWith = (found: object | null) => ({ gpu: { requestAdapter: async () => found } })

/** A canvas class whose contexts belong to the named renderer. */
const canvasOf = (renderer: string | null) =>
  class {
    getContext() {
      if (renderer === null) return null
      const extensions: Record<string, object> = { WEBGL_debug_renderer_info: { UNMASKED_RENDERER_WEBGL: 0x9246 } }
      return {
        getExtension: (name: string) => extensions[name] ?? null,
        getParameter: (parameter: number) => (parameter === 0x9246 ? renderer : undefined),
      }
    }
  }

afterEach(() => vi.unstubAllGlobals())

describe('in a browser', () => {
  test('offers every backend in order of preference', () => {
    expect(platform.candidates.map(({ name }) => name)).toEqual([...backendNames])
  })

  test('tensorflow is for Node only', async () => {
    expect(await probe('tensorflow')).toMatchInlineSnapshot(`
      {
        "available": false,
        "next": "choose another backend in the browser",
        "why": "it is native code and runs in Node only",
      }
    `)
  })

  test('webgpu tells a missing interface from a missing adapter', async () => {
    vi.stubGlobal('navigator', {})
    expect(await probe('webgpu')).toMatchInlineSnapshot(`
      {
        "available": false,
        "next": "use a browser that has it and a secure address",
        "why": "the browser has no WebGPU, or the page is not a secure context (https or localhost)",
      }
    `)
    vi.stubGlobal('navigator', navigatorWith(null))
    expect(await probe('webgpu')).toMatchInlineSnapshot(`
      {
        "available": false,
        "next": "turn on graphics acceleration in its settings",
        "why": "the browser has WebGPU but found no graphics adapter",
      }
    `)
  })

  test('webgpu describes the adapter, whose smaller limit counts', async () => {
    vi.stubGlobal('navigator', navigatorWith(adapter({ vendor: 'nvidia', architecture: 'ampere' })))
    expect(await probe('webgpu')).toEqual({
      available: true,
      details: { adapter: 'ampere, nvidia', maxBufferBytes: 2 ** 30 },
    })
  })

  // Names as SwiftShader, Mesa's llvmpipe and Windows's WARP report them.
  test.each([
    { vendor: 'google', architecture: 'swiftshader', description: 'SwiftShader driver 5.0.0' },
    { vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
    { vendor: 'microsoft', description: 'Microsoft Basic Render Driver' },
    { vendor: 'google', description: 'unheard of', isFallbackAdapter: true },
  ])('webgpu on $description is emulated', async (info) => {
    vi.stubGlobal('navigator', navigatorWith(adapter(info)))
    expect(await probe('webgpu')).toMatchObject({ available: true, emulator: `${info.description}, ${info.vendor}` })
  })

  test('webgl needs a canvas that gives a context', async () => {
    vi.stubGlobal('OffscreenCanvas', canvasOf(null))
    expect(await probe('webgl')).toMatchInlineSnapshot(`
      {
        "available": false,
        "next": "turn on graphics acceleration in its settings",
        "why": "the browser gives no WebGL context",
      }
    `)
  })

  test('webgl names the renderer and knows an emulated one', async () => {
    vi.stubGlobal('OffscreenCanvas', canvasOf('ANGLE (NVIDIA, NVIDIA GeForce RTX 3060)'))
    expect(await probe('webgl')).toEqual({
      available: true,
      details: { renderer: 'ANGLE (NVIDIA, NVIDIA GeForce RTX 3060)' },
    })
    const emulated = 'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)'
    vi.stubGlobal('OffscreenCanvas', canvasOf(emulated))
    expect(await probe('webgl')).toMatchObject({ available: true, emulator: emulated })
  })
})
