/** How both nets are trained. */
export const training = {
  steps: 400,
  /** Adam's; times 0.3 at each of the drops. */
  learningRate: 1e-3,
  drops: [250, 330],
  /** The trunk comes trained, and learns at a tenth of the rate. */
  trunkMultiplier: 0.1,
  /** Regions per pathway that one image teaches; where more are active, so many are drawn. */
  regions: 32,
}
