/** Numbers of each source that the kernel's memory holds: three sources are 192 KiB, which stay in the processor's cache. */
export const kernelElements = 2 ** 14

/** What the loop reads and writes at most. */
export const mostSources = 3
export const mostTargets = 2

/** A loop over arrays of {@link kernelElements} numbers in a memory of its own. */
export interface UpdateKernel {
  /** The three sources, one after the other; the first two are overwritten by the results. */
  readonly memory: Float32Array
  /**
   * x = a·p + b·q + c·r and y = d·p + e·q + f·r for the first `bytes` bytes of each, in float32; x takes the place of p,
   * y that of q. Works on four numbers at a time: what lies beyond in the last four is overwritten as well.
   */
  run(bytes: number, a: number, b: number, c: number, d: number, e: number, f: number): void
}

let shared: UpdateKernel | undefined

/** The kernel, made once. JavaScript's own loops convert every number to float64 and back, which takes three times as long. */
export function updateKernel(): UpdateKernel {
  shared ??= instantiate()
  return shared
}

function instantiate(): UpdateKernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(program()))
  // Both are what `program` says that they are.
  const memory = exports.memory as WebAssembly.Memory
  const run = exports.update as UpdateKernel['run']
  return { memory: new Float32Array(memory.buffer), run }
}

// Source of the codes: WebAssembly Core Specification 2.0, chapter 5 (binary format).
const i32 = 0x7f
const f32 = 0x7d
const v128 = 0x7b
const wholeNumber = { constant: 0x41, add: 0x6a, less: 0x49 }
const vector = {
  load: [0xfd, 0x00],
  store: [0xfd, 0x0b],
  splat: [0xfd, 0x13],
  add: [0xfd, 0xe4, 1],
  times: [0xfd, 0xe6, 1],
}
const get = (local: number) => [0x20, local]
const set = (local: number) => [0x21, local]
const tee = (local: number) => [0x22, local]
const end = 0x0b

/** The module, 250 bytes of it. */
function program(): Uint8Array<ArrayBuffer> {
  const area = 4 * kernelElements
  // Locals: the parameters are the length (0) and the weights (1–6).
  const [length, at] = [0, 7]
  const weights = [1, 2, 3, 4, 5, 6]
  const sources = [8, 9, 10]
  const spread = [11, 12, 13, 14, 15, 16]

  const aligned = 4 // to 2⁴ bytes
  const load = (source: number) => [...get(at), ...vector.load, aligned, ...leb(source * area), ...set(sources[source])]
  const term = (source: number, weight: number) => [...get(sources[source]), ...get(spread[weight]), ...vector.times]
  const sum = (first: number) => [
    ...term(0, first),
    ...term(1, first + 1),
    ...vector.add,
    ...term(2, first + 2),
    ...vector.add,
  ]
  const store = (target: number) => [...get(at), ...sum(3 * target), ...vector.store, aligned, ...leb(target * area)]
  const [loop, nothing, branchIf, thisLoop] = [0x03, 0x40, 0x0d, 0]
  const body = [
    ...[2, 1, i32, 9, v128], // two kinds of further locals
    ...weights.flatMap((weight, i) => [...get(weight), ...vector.splat, ...set(spread[i])]),
    ...[loop, nothing],
    ...[0, 1, 2].flatMap(load),
    ...[0, 1].flatMap(store),
    ...[...get(at), wholeNumber.constant, 16, wholeNumber.add, ...tee(at), ...get(length), wholeNumber.less],
    ...[branchIf, thisLoop],
    ...[end, end],
  ]
  const pages = (3 * area) / 2 ** 16
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic number and version
    ...section(1, [[0x60, ...list([i32, f32, f32, f32, f32, f32, f32].map((type) => [type])), ...list([])]]),
    ...section(3, [[0]]),
    ...section(5, [[0, ...leb(pages)]]),
    ...section(7, [
      [...name('memory'), 2, 0],
      [...name('update'), 0, 0],
    ]),
    ...section(10, [[...leb(body.length), ...body]]),
  ])
}

function section(kind: number, entries: readonly (readonly number[])[]): number[] {
  const content = list(entries)
  return [kind, ...leb(content.length), ...content]
}

function list(entries: readonly (readonly number[])[]): number[] {
  return [...leb(entries.length), ...entries.flat()]
}

function name(text: string): number[] {
  return list([...text].map((letter) => [letter.charCodeAt(0)]))
}

/** An unsigned number in groups of seven bits, the lowest first. */
function leb(value: number): number[] {
  return value < 128 ? [value] : [128 + (value % 128), ...leb(Math.floor(value / 128))]
}
