import { PixelwiseError } from '@pixelwise/masks/shared'

export type H5Wasm = typeof import('h5wasm/node')

/** The library, when it is installed. Rejects with `hdf5/no-h5wasm`. */
export async function loadH5wasm(): Promise<H5Wasm> {
  try {
    const library = await import('h5wasm/node')
    await library.ready
    return library
  } catch (cause) {
    throw new PixelwiseError('hdf5/no-h5wasm', {
      what: `the package h5wasm cannot be loaded (${cause instanceof Error ? cause.message.split('\n')[0] : cause})`,
      rule: 'it is an optional peer of @pixelwise/datasets that reads and writes HDF5',
      next: 'run "npm install h5wasm"',
      cause,
    })
  }
}
