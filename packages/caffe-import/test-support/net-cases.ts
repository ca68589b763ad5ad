import { Rng } from '@pixelwise/masks/shared'
import { fcnNets } from './fcn-nets.js'

/** A net that runs here and in OpenCV with the same weights and inputs. */
export interface NetCase {
  readonly name: string
  /** The net as published (with data and loss layers), which is imported. */
  readonly text: string
  /** The same net as OpenCV can run it. */
  readonly deploy: string
  readonly inputs: readonly (readonly [name: string, channels: number])[]
  readonly outputs: readonly string[]
  readonly crops: Readonly<Record<string, number>>
}

/** Height and width of the inputs: small, odd, and not square. */
export const inputSizes: readonly (readonly [height: number, width: number])[] = [
  [33, 45],
  [64, 64],
  [50, 81],
]

/** Widths divided by 16. */
export const slimNets: readonly NetCase[] = fcnNets(16)

/** Values of an input, `[1, C, H, W]`, within ±1. */
export function inputValues(name: string, channels: number, [height, width]: readonly [number, number]): Float32Array {
  const rng = new Rng(7).split(`${name} ${height}×${width}`)
  return Float32Array.from({ length: channels * height * width }, () => rng.uniform(-1, 1))
}
