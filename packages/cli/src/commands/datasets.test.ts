import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

test('draws the kinds and the number of objects that it is told', async () => {
  const root = join(temporaryFolder(), 'crates')
  const counts = ['--train', '2', '--val', '1', '--size', '32x32']
  const draw = (...options: string[]) => runMain('datasets', 'synthesize', 'voc', root, ...counts, ...options)
  expect((await draw('--classes', 'crate', 'ball', '--objects', '1')).code).toBe(0)
  const drawn = await openVoc(root, { objects: true })
  expect(drawn.classes.names).toEqual(['background', 'crate', 'ball'])
  expect((await drawn.at(0)).objects).toHaveLength(1)
  expect((await draw('--objects', '3-1')).stderr).toContain(
    "argument '3-1' is invalid. It is a number of objects, or a range such as 1-3:",
  )
})

test('draws no class twice, and not nothing', async () => {
  const root = join(temporaryFolder(), 'none')
  const twice = await runMain('datasets', 'synthesize', 'voc', root, '--classes', 'ball', 'ball')
  expect([twice.code, twice.stderr]).toEqual([
    1,
    expect.stringMatching(/^error: the object class "ball" stands twice among ball, ball: /m),
  ])
  const nothing = await runMain('datasets', 'synthesize', 'voc', root, '--train', '0', '--val', '0')
  expect([nothing.code, nothing.stderr]).toEqual([
    2,
    expect.stringMatching(/^error: options '--train <N>' and '--val <N>' are 0 both: usage: pixelwise datasets synth/),
  ])
  expect(existsSync(root)).toBe(false)
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
  expect(report).toMatchObject({ split: 'val', classes: val.classes.names, examples: 2, pixels: 2 * 48 * 64 })
  expect(report.mean[0]).toBeCloseTo(red / (2 * 48 * 64), 9)
  expect(report.classPixels).toEqual(val.classes.names.map((_, label) => counts.get(label) ?? 0))
  expect(report.ignoredPixels).toBe(counts.get(255) ?? 0)
  const text = (await runMain('datasets', 'stats', 'voc', root, '--split', 'val')).stdout
  expect(text).toContain(`\nred, green, blue: mean ${report.mean.map((value: number) => value.toFixed(2)).join(' ')}, `)
  expect(text).toMatch(/, val: 2 examples, 6,144 pixels\n$/)
})

test('check passes a sound data set and lists what is wrong with a broken one', async () => {
  const root = await scenes()
  const sound = await runMain('datasets', 'check', 'voc', root)
  expect([sound.code, sound.stderr]).toEqual([0, ''])
  expect(sound.stdout).toMatch(/, train: 4 examples: nothing wrong\n$/)

  const label = join(root, 'SegmentationClass', 'train_000001.png')
  const strange = { height: 48, width: 64, labels: new Uint8Array(48 * 64) }
  strange.labels[64 * 2 + 7] = 38
  writeFileSync(label, encodeLabels(strange, vocPalette()))
  const image = join(root, 'JPEGImages', 'train_000003.jpg')
  writeFileSync(image, readFileSync(image).subarray(0, 300))
  const broken = await runMain('datasets', 'check', 'voc', root)
  expect(broken.code).toBe(1)
  expect(broken.stdout).toContain(
    `label 38 at (2, 7) of ${label}: expected 0..5 or 255 (ignore); mend the label map, or complete the list of classes\n`,
  )
  expect(broken.stdout).not.toContain('datasets check')
  expect(broken.stdout.split('\n').filter((line) => line.includes(root))).toHaveLength(2)
  expect(broken.stderr).toBe(
    `error: ${root} has 2 problems: every example must be readable, with labels that the classes know; mend or remove what is listed\n`,
  )
  const { problems } = JSON.parse((await runMain('datasets', 'check', 'voc', root, '--json')).stdout)
  expect(problems.map(({ id }: { id: string }) => id)).toEqual(['train_000001', 'train_000003'])
})

test('check reads further parts when asked to, and says which there are', async () => {
  const root = await scenes()
  const instances = join(root, 'SegmentationObject', 'train_000002.png')
  rmSync(instances)
  writeFileSync(join(root, 'Annotations', 'train_000000.xml'), '<annotation></annotation>')
  expect((await runMain('datasets', 'check', 'voc', root)).code).toBe(0)
  const { code, stdout } = await runMain('datasets', 'check', 'voc', root, '--with', 'instances', 'objects', '--json')
  expect(code).toBe(1)
  const { problems } = JSON.parse(stdout)
  expect(problems.map((problem: { code: string; id: string }) => [problem.code, problem.id])).toEqual([
    ['voc/bad-annotation', 'train_000000'],
    ['file/missing', 'train_000002'],
  ])
  const wrong = await runMain('datasets', 'check', 'voc', root, '--with', 'instance')
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    'error: the layout voc has no part "instance": its parts are instances, objects; did you mean "instances"?\n',
  ])
  const none = await runMain('datasets', 'check', 'folder', root, '--with', 'depth')
  expect(none.stderr).toBe(
    'error: the layout folder has no part "depth": it has image and labels alone; leave it out\n',
  )
})

test.each(['voc', 'folder', 'camvid'])('writes and reads the layout %s', async (kind) => {
  const root = join(temporaryFolder(), kind)
  expect((await runMain('datasets', 'synthesize', kind, root, '--train', '2', '--val', '1', '--json')).code).toBe(0)
  expect((await runMain('datasets', 'check', kind, root)).stdout).toMatch(/nothing wrong\n$/)
})

test('a list that is not there is wrong usage', async () => {
  const { code, stderr } = await runMain('datasets', 'stats', 'voc', await scenes(), '--split', 'vla')
  expect(code).toBe(2)
  expect(stderr).toContain('did you mean "val"?')
})

test('a folder that is none says so', async () => {
  const folder = temporaryFolder()
  const { code, stderr } = await runMain('datasets', 'check', 'voc', folder)
  expect(code).toBe(1)
  expect(stderr).toContain(`no ${join('ImageSets', 'Segmentation')} in ${folder}: `)
  expect(existsSync(join(folder, 'ImageSets'))).toBe(false)
})

test('Ctrl-C leaves nothing of a synthesis behind', async () => {
  const folder = temporaryFolder()
  const running = runMain(
    'datasets',
    'synthesize',
    'folder',
    join(folder, 'scenes'),
    '--train',
    '5000',
    '--size',
    '16x16',
  )
  const images = () => readdirSync(folder, { recursive: true }).filter((file) => String(file).endsWith('.png')).length
  while (images() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  process.emit('SIGINT')
  const { code, stdout, stderr } = await running
  expect([code, stdout]).toEqual([130, ''])
  expect(stderr).toMatch(
    /^stopping after what is in hand; .*\nerror: stopped after \d+ of \d+: unfinished results are not kept; run it again\n$/,
  )
  expect(readdirSync(folder)).toEqual([])
  expect(process.listenerCount('SIGINT')).toBe(0)
})

test('next steps are told as the command line takes them', async () => {
  const folder = temporaryFolder()
  const stderr = async (...argv: string[]) => (await runMain(...argv)).stderr
  const scenes = ['datasets', 'synthesize', 'folder', join(folder, 'scenes'), '--train', '1', '--val', '1']
  await runMain(...scenes)
  expect(await stderr(...scenes)).toContain(
    '; choose another folder, or pass --overwrite to replace an earlier synthesis\n',
  )
  expect(await stderr('datasets', 'split', join(folder, 'scenes'))).toContain(
    '; keep them, or pass --overwrite to draw anew\n',
  )
  expect(await stderr('datasets', 'stats', 'xyzzyx', folder)).toMatch(/; choose one of these\n$/)
  expect(await stderr('predict', join(folder, 'scenes', 'images'), '--model', folder, '--out', folder)).toMatch(
    /for the net; check the path\n$/,
  )
})

test('a folder without lists is sound, and told how to get them, by check and by train', async () => {
  const root = join(temporaryFolder(), 'mine')
  await runMain('datasets', 'synthesize', 'folder', root, '--train', '2', '--val', '1', '--size', '16x16')
  const check = () => runMain('datasets', 'check', 'folder', root)
  expect(await check()).toMatchObject({ code: 0, stderr: '' })
  for (const list of ['train.txt', 'val.txt']) rmSync(join(root, list))
  expect(await check()).toMatchObject({
    code: 0,
    stderr: `note: no list says what to learn from; "pixelwise datasets split ${root}" draws one, and what is held out\n`,
  })
  const config = join(temporaryFolder(), 'train.yaml')
  await runMain('init', config, '--kind', 'folder', '--root', root)
  expect(await runMain('train', config, '--engine', 'cpu')).toMatchObject({
    code: 2,
    stderr: `error: unknown split "train": ${root} holds: all; draw what to learn from with "pixelwise datasets split ${root}"\n`,
  })
})

test('split draws lists for a folder of one’s own', async () => {
  const root = join(temporaryFolder(), 'mine')
  await runMain('datasets', 'synthesize', 'folder', root, '--train', '4', '--val', '1', '--size', '16x16')
  for (const list of ['train.txt', 'val.txt']) rmSync(join(root, list))
  rmSync(join(root, 'labels', 'train_000002.png'))
  expect(await runMain('datasets', 'split', root, '--held-out', '25%', '--seed', '1')).toEqual({
    code: 0,
    stdout: `3 pictures to learn from in ${join(root, 'train.txt')}\n1 held out in ${join(root, 'val.txt')}\n`,
    stderr: 'pictures without labels, in neither list: 1\n',
  })
  const ids = ['train', 'val'].flatMap((list) =>
    readFileSync(join(root, `${list}.txt`), 'utf8')
      .trim()
      .split('\n'),
  )
  expect(ids.sort()).toEqual(['train_000000', 'train_000001', 'train_000003', 'val_000000'])
  const { code, stderr } = await runMain('datasets', 'split', root, '--held-out', '1')
  expect([code, stderr]).toEqual([2, expect.stringContaining('It is a share above 0 and below 1, such as 0.2 or 20%')])
})
