import { test } from 'vitest'
import { readDepth, readImage } from '../node/read-image.js'
import { nyudColourCamera } from './camera.js'
import { encodeHha } from './hha.js'

const d = '/work/shared/data/nyuv2/'
test('x', async () => {
  const demo = d + 'depth2hha/demo/'
  const depth = await readDepth(demo + '0.png'),
    raw = await readDepth(demo + '0_raw.png')
  const cmp = (a: any, b: any) => {
    const r: any[] = []
    for (let c = 0; c < 3; c++) {
      let eq = 0,
        mx = 0
      for (let i = c; i < a.data.length; i += 3) {
        const q = Math.abs(a.data[i] - b.data[i])
        if (q === 0) eq++
        mx = Math.max(mx, q)
      }
      r.push([eq, mx])
    }
    return JSON.stringify(r)
  }
  console.log(cmp(encodeHha(depth, { metresPerUnit: 1e-4 }), await readImage(demo + 'matlab_hha.png')))
  console.log(cmp(encodeHha(depth, { metresPerUnit: 1e-4, raw }), await readImage(demo + 'hha.png')))
  for (let k = 0; k < 8; k++) {
    const t = performance.now()
    encodeHha(depth, { metresPerUnit: 1e-4 })
    console.log(performance.now() - t)
  }
})
