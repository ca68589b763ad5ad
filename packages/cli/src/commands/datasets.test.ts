import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeLabels, vocPalette } from '@pixelwise/datasets'
import { openVoc } from '@pixelwise/datasets/node'
import { expect, test } from 'vitest'
import { runMain, temporaryFolder } from '../../test-support/run-main.js'

async function scenes(): Promise<string> {
  const root = join(temporaryFolder(), 'scenes')
  const { code } = await runMain(
    'datasets',
    'synthesize',
    'voc',
    root,
    '--train',
    '4',
    '--val',
    '2',
    '--size',
    '48x64',
    '--seed',
    '3',
  )
  expect(code).toBe(0)
  return root
}

test('synthesizes what the loader reads, and refuses to write over it', async () => {
  const root = await scenes()
  const val = await openVoc(root, { split: 'val' })
  const { image } = await val.at(1)
  expect([val.length, image.height, image.width]).toEqual([2, 48, 64])
  const again = await runMain('datasets', 'synthesize', 'voc', root)
  expect(again.code).toBe(1)
  expect(again.stderr).toMatch(/already holds \d+ entries: a synthetic data set goes into a new or empty folder/)
})

test('stats agree with counting by hand', async () => {
  const root = await scenes()
  const report = JSON.parse((await runMain('datasets', 'stats', 'voc', root, '--split', 'val', '--json')).stdout)
  const val = await openVoc(root, { split: 'val' })
  const counts = new Map<number, number>()
  let red = 0
  for (const id of val.ids) {
    const { image, labels } = await val.byId(id)
    for (const label of labels?.labels ?? []) counts.set(label, (counts.get(label) ?? 0) + 1)
    red += image.data.filter((_, i) => i % 3 === 0).reduce((sum, value) => sum + value, 0)
  }
  expect(report.examples).toBe(2)
  expect(report.sizes).toEqual({ height: [48, 48], width: [64, 64] })
  expect(report.mean[0]).toBeCloseTo(red / (2 * 48 * 64), 9)
  const pixels = report.classes.map((one: { pixels: number }) => one.pixels)
  expect(pixels).toEqual(val.classes.names.map((_, label) => counts.get(label) ?? 0))
  expect(report.ignored).toBeCloseTo((counts.get(255) ?? 0) / (2 * 48 * 64), 12)
  const text = (await runMain('datasets', 'stats', 'voc', root, '--split', 'val')).stdout
  expect(text).toMatch(/^2 examples, height × width 48 × 64, mean colour [\d.]+ [\d.]+ [\d.]+\n/)
})

test('check passes a sound data set and lists what is wrong with a broken one', async () => {
  const root = await scenes()
  const sound = await runMain('datasets', 'check', 'voc', root)
  expect([sound.code, sound.stderr]).toEqual([0, ''])
  expect(sound.stdout).toMatch(/^6 examples, nothing wrong\n/)

  const label = join(root, 'SegmentationClass', 'train_000001.png')
  const strange = { height: 48, width: 64, labels: new Uint8Array(48 * 64) }
  strange.labels[64 * 2 + 7] = 38
  writeFileSync(label, encodeLabels(strange, vocPalette()))
  const image = join(root, 'JPEGImages', 'val_000000.jpg')
  writeFileSync(image, readFileSync(image).subarray(0, 300))
  rmSync(join(root, 'Annotations', 'val_000001.xml'))
  const broken = await runMain('datasets', 'check', 'voc', root)
  expect(broken.code).toBe(1)
  expect(broken.stdout).toContain(`label 38 at (2, 7) of ${label}: expected 0..5 or 255 (ignore); `)
  expect(broken.stdout.split('\n').filter((line) => line.includes(root))).toHaveLength(3)
  expect(broken.stderr).toBe(
    `error: 3 of 6 examples in ${root} cannot be used: every example must be readable, with labels that the classes know; mend or remove what is listed above\n`,
  )
  const { problems } = JSON.parse((await runMain('datasets', 'check', 'voc', root, '--json')).stdout)
  expect(problems.map(({ id }: { id: string }) => id).sort()).toEqual(['train_000001', 'val_000000', 'val_000001'])
  const stats = await runMain('datasets', 'stats', 'voc', root)
  expect(stats.stderr).toBe(`warning: 3 examples left out; run "pixelwise datasets check voc ${root}"\n`)
})

test('a folder that is none says so', async () => {
  const folder = temporaryFolder()
  const { code, stderr } = await runMain('datasets', 'check', 'voc', folder)
  expect(code).toBe(1)
  expect(stderr).toContain(`no ${join('ImageSets', 'Segmentation')} in ${folder}: `)
  expect(existsSync(join(folder, 'ImageSets'))).toBe(false)
})
