import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vggSmall } from '@pixelwise/backbones'
import { useBackend } from '@pixelwise/core'
import { saveModel } from '@pixelwise/core/node'
import { encodePng } from '@pixelwise/datasets'
import { readImage } from '@pixelwise/datasets/node'
import { maskFromJSON } from '@pixelwise/masks'
import { Rng } from '@pixelwise/masks/shared'
import { regionDescription, regionNet, retapped } from '@pixelwise/pairwise-regions'
import { env } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { runMain, temporaryFolder } from '../../test-support/run-main.js'

const taps = { fine: 'relu2_2', coarse: 'relu4_2' }
const pathways = [
  { tap: 'fine', kernel: 3, window: 5 },
  { tap: 'coarse', kernel: 3, window: 4 },
]

/** A folder with an untrained region net and two photos of noise. */
async function example() {
  const folder = temporaryFolder()
  env().set('PROD', true) // spares tfjs's advice to install another package
  await useBackend('cpu')
  const net = regionNet(retapped(vggSmall({ seed: 1, width: 0.25 }), taps), { pathways })
  await saveModel(net.model, join(folder, 'net'), { description: regionDescription(net) })
  const rng = new Rng(1)
  for (const [name, height, width] of [
    ['000000000042', 20, 33],
    ['b', 16, 16],
  ] as const) {
    const data = Uint8Array.from({ length: height * width * 3 }, () => rng.integer(256))
    writeFileSync(join(folder, `${name}.png`), encodePng({ height, width, channels: 3, data }))
  }
  const regions = (...argv: string[]) =>
    runMain(
      'regions',
      '--engine',
      'cpu',
      '--model',
      join(folder, 'net'),
      '--out',
      join(folder, 'results.json'),
      ...argv,
    )
  const results = () => JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'))
  return { folder, regions, results }
}

test('proposals become COCO results that evaluation reads', async () => {
  const { folder, regions, results } = await example()
  const { code, stdout, stderr } = await regions(join(folder, '000000000042.png'), '--top', '7')
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: `7 proposals for 1 image, into ${join(folder, 'results.json')}\n`,
    stderr: '',
  })
  expect(results()).toHaveLength(7)
  for (const { image_id, category_id, score, segmentation } of results()) {
    expect([image_id, category_id]).toEqual([42, 1])
    expect(score).toBeGreaterThan(0)
    expect(maskFromJSON(segmentation)).toMatchObject({ height: 20, width: 33 })
  }
  const truth = {
    images: [{ id: 42, height: 20, width: 33, file_name: '000000000042.png' }],
    annotations: [
      { image_id: 42, category_id: 3, area: 0, bbox: [0, 0, 9, 9], segmentation: results()[0].segmentation },
    ],
  }
  writeFileSync(join(folder, 'truth.json'), JSON.stringify(truth))
  const scored = await runMain(
    ...['evaluate-regions', '--truth', join(folder, 'truth.json'), '--results', join(folder, 'results.json'), '--json'],
  )
  expect(JSON.parse(scored.stdout).scores[0]).toMatchObject({ size: 'all', objects: 1, averageBestOverlap: 1 })
})

test('images are numbered by a file of annotations, by their names, or in order', async () => {
  const { folder, regions, results } = await example()
  const ids = join(folder, 'ids.json')
  const images = [
    { file_name: 'b.png', id: 8 },
    { file_name: '000000000042.png', id: 9 },
  ]
  writeFileSync(ids, JSON.stringify({ images }))
  const photos = [join(folder, '*.png')]
  await regions(...photos, '--ids', ids, '--top', '1')
  expect(results().map(({ image_id }: { image_id: number }) => image_id)).toEqual([9, 8])
  const { stderr } = await regions(...photos, '--top', '1')
  expect(stderr).toBe('warning: file names do not end in numbers of their own: images are numbered 1, 2, …\n')
  expect(results().map(({ image_id }: { image_id: number }) => image_id)).toEqual([1, 2])
  writeFileSync(ids, JSON.stringify({ images: [{ file_name: 'bb.png', id: 8 }] }))
  const unlisted = await regions(join(folder, 'b.png'), '--ids', ids)
  expect(unlisted).toMatchObject({
    code: 1,
    stderr: `error: ${ids} does not list b.png: with --ids, every image is one of its images, by file name; did you mean "bb.png"?\n`,
  })
  writeFileSync(ids, '{}')
  expect(await regions(...photos, '--ids', ids)).toMatchObject({
    code: 1,
    stderr: `error: --ids ${ids}: it has no images with file_name and id: it is a COCO annotation file, whose images have file_name and id; leave --ids out to take the numbers in the file names\n`,
  })
})

test('an image that cannot be read is left out, and the exit code tells', async () => {
  const { folder, regions, results } = await example()
  writeFileSync(join(folder, 'bad7.png'), 'no picture')
  const { code, stdout, stderr } = await regions(
    join(folder, '000000000042.png'),
    join(folder, 'bad7.png'),
    '--top',
    '2',
  )
  expect(code).toBe(1)
  expect(stdout).toBe(`2 proposals for 1 image, into ${join(folder, 'results.json')}\n`)
  expect(stderr).toContain('bad7.png')
  expect(stderr).toMatch(
    /error: 1 image of 2 could not be read: the warnings above say why; mend or remove them; the results hold all others\n$/,
  )
  expect(results()).toHaveLength(2)
})

test('the best proposals and all regions are drawn', async () => {
  const { folder, regions } = await example()
  const pictures = join(folder, 'pictures')
  await regions(join(folder, 'b.png'), '--overlays', pictures, '--shown', '4', '--planes')
  expect(readdirSync(pictures).sort()).toEqual(['b-coarse.png', 'b-fine.png', 'b-mosaic.png', 'b.png'])
  expect(await readImage(join(pictures, 'b.png'))).toMatchObject({ height: 16, width: 16 })
  expect(await readImage(join(pictures, 'b-mosaic.png'))).toMatchObject({ height: 44, width: 44 })
  expect(await readImage(join(pictures, 'b-fine.png'))).toMatchObject({ height: 47, width: 47 }) // 8 × (5 + 1) − 1
})

test('Ctrl-C stops after the image at hand and leaves no results', async () => {
  const { folder, regions } = await example()
  const running = regions(join(folder, '000000000042.png'), join(folder, 'b.png'))
  while (readdirSync(folder).every((file) => !file.includes('results.json'))) {
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  process.emit('SIGINT')
  const { code, stderr } = await running
  expect([code, stderr.split('\n').at(-2)]).toEqual([
    130,
    'error: stopped after 1 of 2: unfinished results are not kept; run it again',
  ])
  expect(readdirSync(folder).filter((file) => file.includes('results'))).toEqual([])
})

test('a file where the pictures should go is told as such', async () => {
  const { folder, regions } = await example()
  const photo = join(folder, 'b.png')
  const { code, stderr } = await regions(photo, '--overlays', photo)
  expect([code, stderr]).toEqual([1, expect.stringContaining(`error: cannot write ${join(photo, 'b.png')} (EEXIST)`)])
  expect(existsSync(join(folder, 'results.json'))).toBe(false)
})

test('fewer regions are asked for by a step', async () => {
  const { folder, regions, results } = await example()
  await regions(join(folder, 'b.png'), '--nms', '1')
  const all = results().length
  await regions(join(folder, 'b.png'), '--nms', '1', '--step', '2')
  expect(results().length).toBeLessThanOrEqual(all / 3)
})

test('a folder of another net is refused, and nothing is left behind', async () => {
  const { folder, regions } = await example()
  const other = join(folder, 'other')
  const { model, preprocessing } = vggSmall({ seed: 1, width: 0.25 })
  await saveModel(model, other, { description: { preprocessing } })
  const { code, stderr } = await regions(join(folder, 'b.png'), '--model', other)
  expect(code).toBe(1)
  expect(stderr).toMatch(/a region net is described by extensions\.regions.*; save the net with regionDescription/)
  expect(existsSync(join(folder, 'results.json'))).toBe(false)
})

test('wrong use is answered with the nearest right one', async () => {
  expect(await runMain('region')).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "regions"?') })
  const nms = await runMain('regions', 'a.png', '--model', 'm', '--out', 'o', '--nms', '70')
  expect(nms).toMatchObject({ code: 2, stderr: expect.stringContaining('It is a number from 0 to 1: usage') })
})
