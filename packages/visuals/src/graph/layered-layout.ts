/** A directed graph without circles, its nodes in an order in which every edge points forward. */
interface Graph {
  readonly nodes: readonly { readonly id: string; readonly width: number }[]
  readonly edges: readonly { readonly from: string; readonly to: string }[]
}

export interface Layout {
  /** Centre and rank of each node; x in pixels, 0 at the leftmost edge of the drawing. */
  readonly places: ReadonlyMap<string, { readonly x: number; readonly rank: number }>
  /** Each edge as the points it passes, one per rank. */
  readonly routes: readonly { readonly from: string; readonly to: string; readonly points: readonly RoutePoint[] }[]
  readonly width: number
  readonly ranks: number
}

export interface RoutePoint {
  readonly x: number
  readonly rank: number
}

/** A node, or the point at which an edge crosses a rank on its way. */
interface Cell {
  readonly width: number
  readonly rank: number
  x: number
  readonly above: Cell[]
  readonly below: Cell[]
}

/** Pixels between cells of a rank. */
const gap = 24
/** Pixels that an edge takes where it crosses a rank. */
const crossingWidth = 4
/** Sweeps over the ranks, down and up in turn; in the final ones the order within a rank is settled. */
const passes = 12
const finalPasses = 4

/**
 * Places a graph in ranks from top to bottom: each node one rank below the lowest of its inputs, each edge through a
 * free place in every rank it crosses, cells close to their neighbours and in an order with few crossings.
 *
 * Source: Sugiyama, Tagawa and Toda 1981 (ranks, barycentre ordering); positions within a rank by isotonic regression.
 */
export function layeredLayout(graph: Graph): Layout {
  const { cells, rows, chains } = cellsOf(graph)
  for (let pass = 0; pass < passes; pass++) {
    const downwards = pass % 2 === 0
    const sweep = downwards ? rows : [...rows].reverse()
    for (const row of sweep) settle(row, downwards ? 'above' : 'below', pass < passes - finalPasses)
  }
  const all = rows.flat()
  const left = all.length === 0 ? 0 : Math.min(...all.map(({ x, width }) => x - width / 2))
  const right = all.length === 0 ? 0 : Math.max(...all.map(({ x, width }) => x + width / 2))
  const point = ({ x, rank }: Cell) => ({ x: x - left, rank })
  return {
    places: new Map([...cells].map(([id, cell]) => [id, point(cell)])),
    routes: chains.map(({ from, to, chain }) => ({ from, to, points: chain.map(point) })),
    width: right - left,
    ranks: rows.length,
  }
}

/** A cell per node and per rank that an edge crosses, row by row, side by side in the order given. */
function cellsOf(graph: Graph) {
  const ranks = longestPaths(graph)
  const rows: Cell[][] = Array.from({ length: Math.max(0, ...ranks.values()) + 1 }, () => [])
  const add = (rank: number, width: number): Cell => {
    const cell: Cell = { width, rank, x: 0, above: [], below: [] }
    rows[rank].push(cell)
    return cell
  }
  const cells = new Map(graph.nodes.map(({ id, width }) => [id, add(ranks.get(id) ?? 0, width)]))
  const chains = graph.edges.map(({ from, to }) => {
    // Both ends are nodes of the graph by its contract.
    const chain = [cells.get(from) as Cell]
    const end = cells.get(to) as Cell
    while (chain.length < end.rank - chain[0].rank) chain.push(add(chain[0].rank + chain.length, crossingWidth))
    chain.push(end)
    for (let i = 1; i < chain.length; i++) {
      chain[i].above.push(chain[i - 1])
      chain[i - 1].below.push(chain[i])
    }
    return { from, to, chain }
  })
  for (const row of rows) place(row, [...row.keys()])
  return { cells, rows, chains }
}

function longestPaths({ nodes, edges }: Graph): Map<string, number> {
  const ranks = new Map<string, number>()
  for (const { id } of nodes) {
    const inputs = edges.filter(({ to }) => to === id).map(({ from }) => ranks.get(from) ?? 0)
    ranks.set(id, inputs.length === 0 ? 0 : Math.max(...inputs) + 1)
  }
  return ranks
}

/** Moves the cells of a row towards their neighbours on one side; with `reorder`, past each other too. */
function settle(row: Cell[], side: 'above' | 'below', reorder: boolean): void {
  const wanted = new Map(row.map((cell) => [cell, mean(cell[side].map(({ x }) => x)) ?? cell.x]))
  const wish = (cell: Cell) => wanted.get(cell) ?? cell.x
  if (reorder) row.sort((a, b) => wish(a) - wish(b))
  place(row, row.map(wish))
}

/**
 * The positions nearest to the wanted ones (least squares) at which cells in this order do not overlap: pools of cells
 * that push each other share their mean shift.
 */
function place(row: readonly Cell[], wanted: readonly number[]): void {
  let offset = 0
  const offsets = row.map((cell, i) => {
    if (i > 0) offset += (row[i - 1].width + cell.width) / 2 + gap
    return offset
  })
  const pools: { sum: number; count: number }[] = []
  for (let i = 0; i < row.length; i++) {
    let pool = { sum: wanted[i] - offsets[i], count: 1 }
    for (
      let last = pools.at(-1);
      last !== undefined && last.sum / last.count > pool.sum / pool.count;
      last = pools.at(-1)
    ) {
      pool = { sum: pool.sum + last.sum, count: pool.count + last.count }
      pools.pop()
    }
    pools.push(pool)
  }
  let i = 0
  for (const { sum, count } of pools) {
    for (let member = 0; member < count; member++, i++) row[i].x = sum / count + offsets[i]
  }
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}
