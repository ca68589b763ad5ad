import type { LabelData, LabelMap, Raster } from '@pixelwise/masks'
import type { PixelwiseError } from '@pixelwise/masks/shared'
import { type ExampleInspection, type Problem, problemOf } from './checks/problem.js'
import { unknownLabels, validateLabels, validateSize } from './checks/validate-labels.js'
import type { ClassList } from './classes/class-list.js'
import type { Sample } from './dataset.js'

/** A file and how it is read. */
export interface FilePart<T> {
  readonly file: string
  /** Reads the file. Throws what its decoder throws. */
  read(): Promise<T>
}

/** A file of labels; with a class list its labels are validated. */
export interface LabelPart extends FilePart<LabelMap<LabelData>> {
  readonly classes?: ClassList
}

/** The files that one example is read from. A loader says where they are; reading and checking is the same for all. */
export interface ExampleFiles {
  readonly image: FilePart<Raster<Uint8Array>>
  readonly labels?: LabelPart
  readonly instances?: LabelPart
  readonly geometric?: LabelPart
  readonly depth?: FilePart<Raster<Uint16Array>>
  readonly hha?: FilePart<Raster<Uint8Array>>
}

/** Reads one example, all files at once; the first thing that is wrong is thrown, naming the file. */
export async function readExample(id: string, parts: ExampleFiles): Promise<Sample> {
  const files = begun(parts)
  const image = await files.image.read()
  const fitting = async <T extends { readonly height: number; readonly width: number }>(
    part: FilePart<T> | undefined,
  ) => {
    if (part === undefined) return undefined
    const map = await part.read()
    validateSize(image, map, files.image.file, part.file)
    return map
  }
  const labelled = async (part: LabelPart | undefined) => {
    const map = await fitting(part)
    if (map !== undefined && part?.classes !== undefined) validateLabels(map, part.classes, part.file)
    return map
  }
  const labels = await labelled(files.labels)
  const instances = await labelled(files.instances)
  const geometric = await labelled(files.geometric)
  const depth = await fitting(files.depth)
  const hha = await fitting(files.hha)
  return {
    id,
    image,
    ...(labels && { labels }),
    ...(instances && { instances }),
    ...(geometric && { geometric }),
    ...(depth && { depth }),
    ...(hha && { hha }),
  }
}

/** The same files, already being read. */
function begun({ image, labels, instances, geometric, depth, hha }: ExampleFiles): ExampleFiles {
  return {
    image: begin(image),
    ...(labels && { labels: { ...labels, ...begin(labels) } }),
    ...(instances && { instances: { ...instances, ...begin(instances) } }),
    ...(geometric && { geometric: { ...geometric, ...begin(geometric) } }),
    ...(depth && { depth: begin(depth) }),
    ...(hha && { hha: begin(hha) }),
  }
}

function begin<T>({ file, read }: FilePart<T>): FilePart<T> {
  const reading = read()
  // Thrown when it is this part's turn; until then it must not count as unhandled.
  reading.catch(() => undefined)
  return { file, read: () => reading }
}

/** Reads all of an example's files and lists everything that is wrong with them. */
export async function inspectExample(id: string, files: ExampleFiles): Promise<ExampleInspection> {
  const problems: Problem[] = []
  const attempt = async <T>(action: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await action()
    } catch (error) {
      problems.push(problemOf(error, id))
      return undefined
    }
  }
  const image = await attempt(() => files.image.read())
  const fitting = async <T extends { readonly height: number; readonly width: number }>(
    part: FilePart<T> | undefined,
  ) => {
    if (part === undefined) return undefined
    const map = await attempt(() => part.read())
    if (map !== undefined && image !== undefined)
      await attempt(() => validateSize(image, map, files.image.file, part.file))
    return map
  }
  const labelled = async (part: LabelPart | undefined) => {
    const map = await fitting(part)
    const wrong: PixelwiseError[] = map && part?.classes ? unknownLabels(map, part.classes, part.file) : []
    for (const error of wrong) problems.push(problemOf(error, id))
    return map
  }
  const labels = await labelled(files.labels)
  await labelled(files.instances)
  await labelled(files.geometric)
  await fitting(files.depth)
  await fitting(files.hha)
  return { problems, labels }
}
