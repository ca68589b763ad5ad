import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { version_core as tfjsVersion } from '@tensorflow/tfjs-core'

/** A Markdown table; all columns but the first are numbers. */
export function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

export function percent(share, digits = 1) {
  return `${(100 * share).toFixed(digits)} %`
}

/** What a figure must name: command, commit, machine, engine. */
export function circumstances(command, engine) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  return [
    `- command: \`${command}\``,
    `- commit: ${commit}`,
    `- machine: ${cpus().length} × ${cpus()[0].model.trim()}`,
    `- engine: ${engine}; Node ${process.versions.node}, TensorFlow.js ${tfjsVersion}`,
  ].join('\n')
}
