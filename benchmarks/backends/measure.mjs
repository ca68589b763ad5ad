import { Peer } from './peer.mjs'
import { reference } from './peers.mjs'
import { speedup, summarise } from './statistics.mjs'
import { convolutionGigaflops, taskNames } from './tasks.mjs'

/**
 * Runs every task on every peer, once per round, so that whatever else the machine does falls on all alike. The first
 * two runs of each are not counted.
 *
 * Returns `results`, one per peer and task, and `absent`, what was not measured and why.
 */
export async function measureAll({ peers, settings, rounds, limitSeconds, only, progress }) {
  const absent = []
  const running = await startPeers(
    selected(peers, ({ name }) => name, only),
    { settings, limitSeconds, absent, progress },
  )
  const tasks = selected(taskNames, (name) => name, only)
  const cells = running.flatMap(({ peer }) => tasks.map((task) => ({ peer, task, times: [] })))
  let measurable = cells.filter((cell) => worthTrying(cell, settings, absent))
  for (let round = -2; round < rounds; round++) {
    progress(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`)
    const order = round % 2 === 0 ? measurable : [...measurable].reverse()
    for (const cell of order) await measureCell(cell, round, { limitSeconds, absent })
    measurable = measurable.filter(({ failed }) => !failed)
  }
  for (const { peer } of running) peer.stop()
  return { results: withRatios(measurable, settings), backends: running.map(described), absent }
}

/** Those whose names contain one of the texts; all where none of the texts speaks of them. */
function selected(things, nameOf, texts) {
  const chosen = things.filter((thing) => texts.some((text) => nameOf(thing).includes(text)))
  return chosen.length === 0 ? things : chosen
}

async function startPeers(descriptions, { settings, limitSeconds, absent, progress }) {
  const running = []
  for (const description of descriptions) {
    progress(`starting ${description.name}`)
    const peer = new Peer(description)
    try {
      running.push({ peer, started: await peer.start(settings, limitSeconds) })
    } catch (error) {
      absent.push({ peer: description.name, reason: error.message })
      peer.stop()
    }
  }
  return running
}

function described({ peer, started }) {
  return { peer: peer.name, ...started }
}

function worthTrying({ peer, task }, settings, absent) {
  const { mostGigaflops = Number.POSITIVE_INFINITY } = peer.description
  const gigaflops = task.startsWith('convolution') ? convolutionGigaflops(settings, task) : 1
  if (gigaflops <= mostGigaflops) return true
  const smaller = '--size 16 --channels 16 --only cpu --only convolution'
  absent.push({
    peer: peer.name,
    task,
    reason: `takes minutes at about 1 GFLOP/s; small ones can be had with ${smaller}`,
  })
  return false
}

async function measureCell(cell, round, { limitSeconds, absent }) {
  if (cell.failed) return
  try {
    const milliseconds = await cell.peer.measure(cell.task, limitSeconds)
    if (round >= 0) cell.times.push(milliseconds)
  } catch (error) {
    cell.failed = true
    absent.push({ peer: cell.peer.name, task: cell.task, reason: error.message })
  }
}

function withRatios(cells, settings) {
  return cells.map(({ peer, task, times }) => {
    const base = cells.find((cell) => cell.task === task && cell.peer.name === reference)
    const milliseconds = summarise(times)
    const gigaflops = task.startsWith('convolution') ? convolutionGigaflops(settings, task) : undefined
    return {
      peer: peer.name,
      task,
      milliseconds,
      gigaflopsPerSecond: gigaflops && (gigaflops / milliseconds.median) * 1000,
      speedup: base && speedup(base.times, times),
    }
  })
}
