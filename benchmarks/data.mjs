/**
 * Loading images, counting confusion matrices and run-length masks, beside Python's usual tools, in one interleaved run.
 * `node benchmarks/data.mjs --help`
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { surroundings } from './backends/surroundings.mjs'
import { makeMaterial } from './data/material.mjs'
import { measureAll } from './data/measure.mjs'
import { PythonPeer } from './data/python-peer.mjs'
import { formatReport } from './data/report.mjs'
import { prepareTasks } from './data/tasks.mjs'

const help = `node benchmarks/data.mjs [options]      (build first: npm run setup)

  --rounds N      measurements of each task and peer                      (default 9)
  --images N      images to load and maps to count                        (default 32)
  --voc DIR       load this VOC folder's val images instead of drawn ones
  --python FILE   Python with numpy, pillow and pycocotools               (default $PIXELWISE_PYTHON)
  --only TEXT     only tasks whose names contain this; may be given twice
  --json          print everything as JSON
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    images: { type: 'string', default: '32' },
    voc: { type: 'string' },
    python: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(help)
else await main()

async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'pixelwise-data-'))
  const python = new PythonPeer(values.python ?? process.env.PIXELWISE_PYTHON)
  try {
    const material = await makeMaterial(folder, { images: Number(values.images), voc: values.voc })
    const tasks = await prepareTasks(material)
    const peer = await python.start(material)
    const measured = await measureAll({
      tasks: tasks.filter(({ name }) => values.only.length === 0 || values.only.some((text) => name.includes(text))),
      python,
      rounds: Number(values.rounds),
      progress: (text) => process.stderr.write(`${text}\n`),
    })
    const command = ['node benchmarks/data.mjs', ...process.argv.slice(2)].join(' ')
    const { machine, node, commit, loadBefore } = surroundings()
    const everything = { command, machine, node, commit, loadBefore, peer, ...measured }
    process.stdout.write(values.json ? `${JSON.stringify(everything, null, 2)}\n` : formatReport(everything))
  } finally {
    python.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
