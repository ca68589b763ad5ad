import { emptyRegionMasks, measureRegion, suppressRegions } from '@pixelwise/pairwise-regions'
import { speedup, summarise } from '../backends/statistics.mjs'
import { suppressQuadratically } from './quadratic.mjs'
import { scene, sizeFor, thesisPathways } from './region-scenes.mjs'

const maxIoU = 0.7

/** So many regions at most for peers whose time grows with the square. */
const quadraticLimit = 31_000

/**
 * Suppression of more and more regions, of one pathway and of five: time, work per region, and beside it the quadratic
 * peers on the same regions, taking turns. Throws when a peer keeps other regions.
 */
export async function measureSuppression({ counts, rounds, torchvision, progress }) {
  const results = []
  for (const [name, pathways] of [
    ['one pathway, stride 2, 14×14', thesisPathways.slice(0, 1)],
    ['five pathways of Table 4.1', thesisPathways],
  ]) {
    for (const wanted of counts) {
      progress(`suppression: ${name}, ${wanted} regions`)
      const size = sizeFor(wanted, pathways)
      const regions = scene({ ...size, pathways, seed: wanted, masks: { emptyRegionMasks, measureRegion } })
      results.push({ pathways: name, ...(await measureScene(regions, { rounds, torchvision })) })
    }
  }
  return results
}

async function measureScene(regions, { rounds, torchvision }) {
  const count = regions.reduce((sum, { scores }) => sum + scores.length, 0)
  const boxes = boxTable(regions)
  const times = { masks: [], boxes: [], quadratic: [], torchvision: [] }
  const repeats = Math.max(1, Math.min(20, Math.round(20_000 / count)))
  let masks
  let byBox
  let quadratic
  for (let round = -1; round < rounds; round++) {
    const take = (name, seconds) => round >= 0 && times[name].push(seconds)
    const ours = timed(() => suppressRegions(regions, { maxIoU }), repeats)
    masks = ours.result
    take('masks', ours.seconds)
    if (count <= quadraticLimit) {
      const peer = timed(() => suppressQuadratically(regions, maxIoU), 1)
      quadratic = peer.result
      take('quadratic', peer.seconds)
      requireEqual('quadratic greedy', quadratic.kept, masks.kept)
    }
    const box = timed(() => suppressRegions(regions, { maxIoU, of: 'box' }), repeats)
    byBox = box.result
    take('boxes', box.seconds)
    if (torchvision.absent === undefined && count <= quadraticLimit) {
      const answer = await torchvision.suppress(boxes.table, maxIoU)
      take('torchvision', answer.seconds)
      requireEqual(
        'torchvision',
        answer.kept.map((i) => boxes.indices[i]),
        byBox.kept,
      )
    }
  }
  const perRegion = ({ slots, intersections }) => ({ slots: slots / count, intersections: intersections / count })
  return {
    count,
    kept: masks.kept.length,
    seconds: summarise(times.masks),
    work: perRegion(masks.work),
    boxSeconds: summarise(times.boxes),
    ...(quadratic && {
      quadratic: {
        seconds: summarise(times.quadratic),
        ratio: speedup(times.quadratic, times.masks),
        work: perRegion(quadratic.work),
      },
    }),
    ...(times.torchvision.length > 0 && {
      torchvision: {
        seconds: summarise(times.torchvision),
        ratio: speedup(times.torchvision, times.boxes),
      },
    }),
  }
}

function timed(run, repeats) {
  const start = performance.now()
  let result
  for (let i = 0; i < repeats; i++) result = run()
  return { result, seconds: (performance.now() - start) / 1000 / repeats }
}

/** The tight boxes of all regions that are not empty, as float32 [n, 5] (x0 y0 x1 y1 score), and their indices. */
function boxTable(regions) {
  const rows = []
  const indices = []
  let first = 0
  for (const { masks, scores } of regions) {
    const { grid, stride, origin, step, cells, boxes } = masks
    for (let region = 0; region < cells.length; region++) {
      if (cells[region] === 0) continue
      const top = step * Math.floor(region / grid[1]) - origin
      const left = step * (region % grid[1]) - origin
      const [y0, x0, y1, x1] = boxes.subarray(4 * region, 4 * region + 4)
      rows.push(stride * (left + x0), stride * (top + y0), stride * (left + x1), stride * (top + y1), scores[region])
      indices.push(first + region)
    }
    first += cells.length
  }
  return { table: Float32Array.from(rows), indices }
}

function requireEqual(name, theirs, ours) {
  const differs = theirs.length !== ours.length || ours.some((index, i) => index !== theirs[i])
  if (differs) throw new Error(`${name} keeps ${theirs.length} regions, not the same as our ${ours.length}`)
}
