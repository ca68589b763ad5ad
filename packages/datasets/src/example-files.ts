import type { LabelData, LabelMap, Raster } from '@pixelwise/masks'
import { type ExampleInspection, type Problem, problemOf } from './checks/problem.js'
import { unknownLabels, validateLabels, validateSize } from './checks/validate-labels.js'
import type { ClassList } from './classes/class-list.js'
import type { Sample } from './dataset.js'

/** A file and how it is read. */
export interface FilePart<T> {
  readonly file: string
  read(): Promise<T>
}

/** The files that one example is read from. A loader says where they are; reading and checking is the same for all. */
export interface ExampleFiles {
  readonly image: FilePart<Raster<Uint8Array>>
  readonly labels?: FilePart<LabelMap<LabelData>>
  readonly instances?: FilePart<LabelMap<LabelData>>
  readonly depth?: FilePart<Raster<Uint16Array>>
}

/** Reads one example; the first thing that is wrong is thrown, naming the file. */
export async function readExample(id: string, files: ExampleFiles, classes: ClassList): Promise<Sample> {
  const [image, labels, instances, depth] = await Promise.all([
    files.image.read(),
    files.labels?.read(),
    files.instances?.read(),
    files.depth?.read(),
  ])
  for (const [part, map] of [
    [files.labels, labels],
    [files.instances, instances],
    [files.depth, depth],
  ] as const) {
    if (part !== undefined && map !== undefined) validateSize(image, map, files.image.file, part.file)
  }
  if (files.labels !== undefined && labels !== undefined) validateLabels(labels, classes, files.labels.file)
  return { id, image, ...(labels && { labels }), ...(instances && { instances }), ...(depth && { depth }) }
}

/** Reads all of an example's files and lists everything that is wrong with them. */
export async function inspectExample(id: string, files: ExampleFiles, classes: ClassList): Promise<ExampleInspection> {
  const problems: Problem[] = []
  const attempt = async <T>(part: FilePart<T> | undefined): Promise<T | undefined> => {
    try {
      return await part?.read()
    } catch (error) {
      problems.push(problemOf(error, id))
      return undefined
    }
  }
  const image = await attempt(files.image)
  const labels = await attempt(files.labels)
  const instances = await attempt(files.instances)
  const depth = await attempt(files.depth)
  for (const [part, map] of [
    [files.labels, labels],
    [files.instances, instances],
    [files.depth, depth],
  ] as const) {
    if (part === undefined || map === undefined || image === undefined) continue
    try {
      validateSize(image, map, files.image.file, part.file)
    } catch (error) {
      problems.push(problemOf(error, id))
    }
  }
  if (files.labels !== undefined && labels !== undefined) {
    for (const error of unknownLabels(labels, classes, files.labels.file)) problems.push(problemOf(error, id))
  }
  return { problems, labels }
}
