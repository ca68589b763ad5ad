import type { Available, Unavailable } from './candidate.js'

/** The part of WebGPU that finding a device needs; `navigator.gpu` of a browser and Dawn's in Node both have it. */
export interface Gpu {
  requestAdapter(options?: { powerPreference?: 'low-power' | 'high-performance' }): Promise<GpuAdapter | null>
}

interface GpuAdapter {
  readonly info?: GpuAdapterInfo
  /** Where older implementations said what `info.isFallbackAdapter` says now. */
  readonly isFallbackAdapter?: boolean
  readonly limits: { readonly maxBufferSize: number; readonly maxStorageBufferBindingSize: number }
}

interface GpuAdapterInfo {
  readonly vendor: string
  readonly architecture: string
  readonly device: string
  readonly description: string
  readonly isFallbackAdapter?: boolean
}

/** Asks for the adapter that tfjs will ask for, and describes it. */
export async function probeGpu(gpu: Gpu, withoutAdapter: Unavailable): Promise<Available | Unavailable> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) return withoutAdapter
  const { info, limits } = adapter
  const device = nameOf(info)
  const fallback = info?.isFallbackAdapter === true || adapter.isFallbackAdapter === true
  const emulated = fallback || isSoftwareRenderer(device)
  return {
    available: true,
    details: { adapter: device, maxBufferBytes: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize) },
    ...(emulated ? { emulator: device } : {}),
  }
}

/** Browsers may leave any of these empty, to tell pages less about the machine. */
function nameOf(info: GpuAdapterInfo | undefined): string {
  const name = info?.description || info?.device || info?.architecture
  return [name, info?.vendor].filter(Boolean).join(', ') || 'unnamed adapter'
}

/** Whether a graphics driver's name is that of a known processor emulation of a GPU. */
export function isSoftwareRenderer(description: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software/i.test(description)
}
