import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { cannotWrite } from '../output/write-aside.js'

/**
 * A JSON list that is written entry by entry, so that it may be larger than memory, beside its place, and renamed when
 * it is whole.
 */
export class ResultsFile {
  readonly #file: FileHandle
  readonly #partial: string
  readonly #target: string
  #isEmpty = true

  private constructor(file: FileHandle, partial: string, target: string) {
    this.#file = file
    this.#partial = partial
    this.#target = target
  }

  /** Throws `cli/cannot-write`. */
  static async create(path: string): Promise<ResultsFile> {
    const target = resolve(path)
    const partial = join(
      dirname(target),
      `.${basename(target)}.partial-${process.pid}-${randomBytes(4).toString('hex')}`,
    )
    try {
      const file = await open(partial, 'w')
      await file.write('[')
      return new ResultsFile(file, partial, target)
    } catch (cause) {
      throw cannotWrite(path, cause)
    }
  }

  async add(entries: readonly object[]): Promise<void> {
    if (entries.length === 0) return
    const text = entries.map((entry) => JSON.stringify(entry)).join(',\n')
    await this.#file.write(`${this.#isEmpty ? '\n' : ',\n'}${text}`)
    this.#isEmpty = false
  }

  /** Ends the list and puts the file into its place. */
  async finish(): Promise<void> {
    try {
      await this.#file.write('\n]\n')
      await this.#file.close()
      await rename(this.#partial, this.#target)
    } catch (cause) {
      await rm(this.#partial, { force: true })
      throw cannotWrite(this.#target, cause)
    }
  }

  /** Removes what was written; for when something went wrong. */
  async abandon(): Promise<void> {
    await this.#file.close()
    await rm(this.#partial, { force: true })
  }
}
