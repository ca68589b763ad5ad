import { speedup, summarise } from '../backends/statistics.mjs'

/** Rounds that are not counted: code is compiled, files get cached. */
const warmUps = 2

/**
 * Runs every task with us and with every peer, once per round, in turns, so that whatever else the machine does falls on
 * all alike. Throws when a peer gets another value.
 */
export async function measureAll({ tasks, python, rounds, progress }) {
  const absent = []
  const cells = tasks.map((task) => ({ task, ours: [], peers: presentPeers(task, python, absent) }))
  for (let round = -warmUps; round < rounds; round++) {
    progress(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`)
    for (const cell of cells) await measureCell(cell, python, round)
  }
  return { results: cells.map(resultOf), absent }
}

function presentPeers(task, python, absent) {
  return task.peers.flatMap((name) => {
    const reason = python.absence(`${task.name}/${name}`)
    if (reason === undefined) return { name, times: [] }
    absent.push({ task: task.name, peer: name, reason })
    return []
  })
}

async function measureCell({ task, ours, peers }, python, round) {
  const start = performance.now()
  const value = await task.run()
  const seconds = (performance.now() - start) / 1000
  if (round >= 0) ours.push(seconds)
  for (const { name, times } of round % 2 === 0 ? peers : [...peers].reverse()) {
    const answer = await python.run(`${task.name}/${name}`)
    if (answer.value !== value) throw new Error(`${task.name}: ${name} gives ${answer.value}, we give ${value}`)
    if (round >= 0) times.push(answer.seconds)
  }
}

function resultOf({ task, ours, peers }) {
  const perSecond = (times) => summarise(times.map((seconds) => task.amount / seconds))
  return {
    task: task.name,
    unit: task.unit,
    ours: perSecond(ours),
    peers: peers.map(({ name, times }) => ({ name, perSecond: perSecond(times), ratio: speedup(times, ours) })),
  }
}
