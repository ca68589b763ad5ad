import { vggSmall } from '@pixelwise/backbones'
import { fcn8s, pixelLoss } from '@pixelwise/fcn'

/** The net of `npm run demo`: FCN-8s on a small VGG. */
export function build(classes) {
  return { model: fcn8s(vggSmall({ seed: 1 }), { classes }), loss: pixelLoss() }
}
