import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type FoundPlugin, findPlugins } from '../plugins/find-plugins.js'

interface RunPlugins {
  /** The configuration, and what it names; paths count from its folder. */
  readonly file: string
  readonly named: readonly string[]
  /** What `--plugin` names. */
  readonly added: readonly string[]
  /** The folder of a run that goes on. */
  readonly run: string | undefined
}

/**
 * The plugins of a run: those of its configuration and of `--plugin`; where it goes on without `--plugin`, also those that
 * it was started with.
 *
 * Throws `plugin/not-found`.
 */
export function findRunPlugins({ file, named, added, run }: RunPlugins): FoundPlugin[] {
  const found = [...findPlugins(named, dirname(file)), ...findPlugins(added)]
  if (run === undefined || added.length > 0) return found
  const before = findPlugins(storedNames(run), run)
  return [...found, ...before.filter((plugin) => found.every((one) => one.file !== plugin.file))]
}

/** The names in the settings of a run, which stand in its folder; none where there is no run yet. */
function storedNames(run: string): string[] {
  try {
    const { plugins } = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'))
    return Array.isArray(plugins) ? plugins.map(String) : []
  } catch {
    return [] // opening the run folder says what is wrong with it
  }
}
