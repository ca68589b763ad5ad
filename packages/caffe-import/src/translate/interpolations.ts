import { Interpolation } from '../layers/interpolation.js'
import type { LayerTranslator } from './translator.js'

/** Interp of DeepLab and PSPNet: by size, by factors, or to the size of a second bottom. */
export const interp: LayerTranslator = {
  translate(layer, inputs, net) {
    net.expectArity(layer, [1, 2])
    const settings = layer.message.messageOrEmpty('interp_param')
    const [height, width] = [settings.number('height'), settings.number('width')]
    const zoom = settings.number('zoom_factor', 1)
    const shrink = settings.number('shrink_factor', 1)
    const sizes = [height ?? 1, width ?? 1, zoom, shrink]
    if (sizes.some((size) => size < 1 || size > 65536) || (height === undefined) !== (width === undefined)) {
      const rule = 'height comes with width, and sizes and factors are 1 to 65536'
      throw net.error(
        layer,
        `resizes by ${sizes.join(', ')} (height, width, zoom, shrink)`,
        rule,
        'correct interp_param',
      )
    }
    const config = {
      ...(height !== undefined && width !== undefined && { fixed: [height, width] as const }),
      zoom,
      shrink,
      padBefore: settings.number('pad_beg', 0),
      padBehind: settings.number('pad_end', 0),
    }
    return net.add(new Interpolation({ name: layer.modelName, ...config }), inputs)
  },
}
