import { Rng } from '@pixelwise/core'
import { train } from '@pixelwise/training'
import { buildVariant, howToTrain } from './train-variant.mjs'
import { settled } from './variants.mjs'

const rounds = 25
/** Tracing and compiling happen in the first. */
const warmUp = 3

/**
 * Milliseconds of a training step of each variant, the median of steps that take turns, so that whatever else the machine
 * does falls on all alike.
 */
export async function measureSteps({ engine, data, names }) {
  const turns = takingTurns(names.length)
  const medians = await Promise.all(
    names.map(async (name, place) => {
      const variant = settled(name)
      const own = data[variant.data]
      const net = await buildVariant(variant, own)
      const times = []
      await train({
        engine,
        model: net.model,
        ...howToTrain({ variant, net, data: own, seed: 0 }),
        steps: rounds,
        rng: new Rng(0),
        onStep: async ({ step, milliseconds }) => {
          if (step > warmUp) times.push(milliseconds)
          await turns.pass(place, step === rounds)
        },
      })
      net.model.dispose()
      return [name, times.sort((a, b) => a - b)[Math.floor(times.length / 2)]]
    }),
  )
  return Object.fromEntries(medians)
}

/** Lets each of several loops run to its next `pass` while the others wait. */
function takingTurns(count) {
  const waiting = new Array(count)
  let arrived = 0
  return {
    async pass(place, last) {
      const turn = new Promise((resolve) => {
        waiting[place] = resolve
      })
      // The first round runs as it comes; once all have arrived, the first goes on alone.
      arrived++
      if (arrived === count) waiting[0]()
      else if (arrived > count) waiting[(place + 1) % count]()
      if (!last) await turn
    },
  }
}
