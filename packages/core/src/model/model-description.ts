import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import type { Preprocessing } from '../preprocessing.js'
import { isObject } from './model-store.js'

/** What must be known of a net beside its layers and weights; stored as `pixelwise.json` in the model folder. */
export interface ModelDescription {
  readonly preprocessing: Preprocessing
  /** Name of each label, in the order of the net's output channels. */
  readonly classes?: readonly string[]
  /** RGB colour of each label, 0..255; as long as `classes`. */
  readonly palette?: readonly (readonly [red: number, green: number, blue: number])[]
  /** Where the net comes from: source, licence, training data, commit; names and values are the maker's choice. */
  readonly provenance?: Readonly<Record<string, string | number | boolean>>
  /**
   * What a package beyond core must know of its nets, each under a key of its own: plain JSON, which that package checks
   * when it reads it. `@pixelwise/pairwise-regions` keeps the pathways of a region net under `regions`.
   */
  readonly extensions?: Readonly<Record<string, JsonValue>>
}

/** What JSON can say. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined }

/** Channels of a net's input, by what the input is. */
export const inputChannels = { rgb: 3, grey: 1, depth: 1, hha: 3, rgbd: 4 } as const satisfies Record<
  Preprocessing['inputKind'],
  number
>

/**
 * Checks preprocessing that comes from a file or a caller and returns it.
 *
 * Throws `preprocessing/invalid`, naming the field and, in front of it, `origin`.
 */
export function checkPreprocessing(value: unknown, origin: string): Preprocessing {
  const at = `${origin}: preprocessing`
  if (!isObject(value)) {
    throw invalid(at, value, 'it is an object {inputKind, channelOrder, mean, scale}', 'see the type Preprocessing')
  }
  const { inputKind, channelOrder } = value
  if (typeof inputKind !== 'string' || !Object.hasOwn(inputChannels, inputKind)) {
    const kinds = Object.keys(inputChannels)
    const near = typeof inputKind === 'string' ? nearestName(inputKind, kinds) : undefined
    const next = near === undefined ? 'choose one of these' : `did you mean "${near}"?`
    throw invalid(`${at}.inputKind`, inputKind, `known kinds: ${kinds.join(', ')}`, next)
  }
  if (channelOrder !== 'rgb' && channelOrder !== 'bgr') {
    throw invalid(`${at}.channelOrder`, channelOrder, 'it is rgb or bgr', 'kinds without colour say rgb')
  }
  const kind = inputKind as Preprocessing['inputKind']
  return {
    inputKind: kind,
    channelOrder,
    mean: perChannel(value.mean, `${at}.mean`, kind),
    scale: perChannel(value.scale, `${at}.scale`, kind),
  }
}

function perChannel(value: unknown, at: string, kind: Preprocessing['inputKind']): number[] {
  const channels = inputChannels[kind]
  const fits = Array.isArray(value) && value.length === channels && value.every(Number.isFinite)
  if (fits) return [...value]
  throw invalid(
    at,
    value,
    `${kind} input has ${channels} ${channels === 1 ? 'channel' : 'channels'}, each with one finite number`,
    'give one number per channel, in channelOrder',
  )
}

/**
 * Checks a description that comes from a file or a caller and returns its own fields only.
 *
 * Throws `preprocessing/invalid` or `model/invalid-description`, naming the field and, in front of it, `origin`.
 */
export function checkDescription(value: Record<string, unknown>, origin: string): ModelDescription {
  const preprocessing = checkPreprocessing(value.preprocessing, origin)
  const classes = value.classes === undefined ? undefined : checkClasses(value.classes, `${origin}: classes`)
  const palette =
    value.palette === undefined ? undefined : checkPalette(value.palette, classes?.length, `${origin}: palette`)
  const provenance =
    value.provenance === undefined ? undefined : checkProvenance(value.provenance, `${origin}: provenance`)
  const extensions =
    value.extensions === undefined ? undefined : checkExtensions(value.extensions, `${origin}: extensions`)
  return {
    preprocessing,
    ...(classes && { classes }),
    ...(palette && { palette }),
    ...(provenance && { provenance }),
    ...(extensions && { extensions }),
  }
}

function checkClasses(value: unknown, at: string): string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return [...value]
  throw invalid(
    at,
    value,
    'it is a list of names',
    'give the name of every label in order',
    'model/invalid-description',
  )
}

function checkPalette(value: unknown, classes: number | undefined, at: string): [number, number, number][] {
  if (!Array.isArray(value) || (classes !== undefined && value.length !== classes)) {
    const rule = classes === undefined ? 'it is a list of colours' : `it has one colour for each of ${classes} classes`
    throw invalid(at, value, rule, 'give [red, green, blue] for every label in order', 'model/invalid-description')
  }
  value.forEach((colour, label) => {
    const fits = Array.isArray(colour) && colour.length === 3 && colour.every(isByte)
    if (fits) return
    const next = 'give [red, green, blue]'
    throw invalid(`${at}[${label}]`, colour, 'a colour is three integers 0..255', next, 'model/invalid-description')
  })
  return value.map(([red, green, blue]) => [red, green, blue])
}

function isByte(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255
}

function checkProvenance(value: unknown, at: string): Record<string, string | number | boolean> {
  const plain = ['string', 'number', 'boolean']
  if (isObject(value) && Object.values(value).every((entry) => plain.includes(typeof entry))) {
    return value as Record<string, string | number | boolean>
  }
  const rule = 'it is an object of texts, numbers and booleans'
  throw invalid(at, value, rule, 'write nested values as text', 'model/invalid-description')
}

function checkExtensions(value: unknown, at: string): Record<string, JsonValue> {
  // A trip through JSON is what will happen to it; what that would change is refused before it is lost.
  if (isObject(value) && isPlainJson(value)) return JSON.parse(JSON.stringify(value))
  const rule = 'it is an object of plain JSON values, one for each package'
  throw invalid(at, value, rule, 'keep texts, finite numbers, lists and objects only', 'model/invalid-description')
}

function isPlainJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isPlainJson)
  if (!isObject(value)) return value === null || typeof value === 'string' || typeof value === 'boolean'
  const plain = Object.getPrototypeOf(value) === Object.prototype
  return plain && Object.values(value).every((entry) => entry === undefined || isPlainJson(entry))
}

function invalid(at: string, value: unknown, rule: string, next: string, code = 'preprocessing/invalid') {
  const text = value === undefined ? 'missing' : shortened(JSON.stringify(value) ?? String(value))
  return new PixelwiseError(code, { what: `${at} is ${text}`, rule, next })
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
