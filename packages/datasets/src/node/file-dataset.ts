import type { Problem } from '../checks/problem.js'
import type { ClassList } from '../classes/class-list.js'
import { createDataset, type Dataset, type Sample } from '../dataset.js'
import { type ExampleFiles, inspectExample, readExample } from '../example-files.js'

/** What a loader knows: which examples there are and where their files lie. */
export interface FileDatasetParts {
  readonly name: string
  readonly split: string
  readonly classes: ClassList
  readonly ids: readonly string[]
  files(id: string): ExampleFiles
  /** Problems of lists and other files that concern no single example. */
  lists(): Promise<readonly Problem[]>
}

/** A data set that reads, validates and inspects its files. */
export function fileDataset({ name, split, classes, ids, files, lists }: FileDatasetParts): Dataset<Sample> {
  return createDataset({
    name,
    split,
    classes,
    ids,
    load: (id) => readExample(id, files(id)),
    inspector: { lists, example: (id) => inspectExample(id, files(id)) },
  })
}
