import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeLabels, encodeNpy, encodePng, vocPalette } from '@pixelwise/datasets'
import { expect, test } from 'vitest'
import { runMain, temporaryFolder } from '../../test-support/run-main.js'

const map = (...labels: number[]) => ({ height: 2, width: labels.length / 2, labels: Uint8Array.from(labels) })

/** Folders `truth` and `out` with two pairs of maps, one of them as .npy, and a third truth without prediction. */
function example(): string {
  const folder = temporaryFolder()
  const write = (name: string, bytes: Uint8Array) => writeFileSync(join(folder, name), bytes)
  for (const sub of ['truth', 'out']) mkdirSync(join(folder, sub))
  write('truth/a.png', encodeLabels(map(0, 0, 1, 1, 255, 2), vocPalette()))
  write('out/a.png', encodeLabels(map(0, 1, 1, 1, 0, 2), vocPalette()))
  write('truth/b.png', encodeLabels(map(0, 0), vocPalette()))
  write('out/b.npy', encodeNpy({ shape: [2, 1], data: Uint8Array.of(0, 2) }))
  write('truth/c.png', encodeLabels(map(1, 1), vocPalette()))
  writeFileSync(join(folder, 'classes.txt'), 'background\ncat\ndog\n')
  return folder
}

const evaluate = (folder: string, ...more: string[]) =>
  runMain(
    'evaluate',
    '--truth',
    join(folder, 'truth'),
    '--predictions',
    join(folder, 'out'),
    '--classes',
    join(folder, 'classes.txt'),
    ...more,
  )

test('joins parts of a data set: the result is that of the whole', async () => {
  const folder = example()
  const whole = (await evaluate(folder, '--json')).stdout
  const parts = ['a.png', 'b.npy'].map((kept) => {
    const part = temporaryFolder()
    for (const sub of ['truth', 'out']) mkdirSync(join(part, sub))
    for (const truth of ['a.png', 'b.png']) copyFileSync(join(folder, 'truth', truth), join(part, 'truth', truth))
    copyFileSync(join(folder, 'out', kept), join(part, 'out', kept))
    copyFileSync(join(folder, 'classes.txt'), join(part, 'classes.txt'))
    return part
  })
  const files: string[] = []
  for (const part of parts) {
    const file = join(part, 'scores.json')
    writeFileSync(file, (await evaluate(part, '--json')).stdout)
    files.push(file)
  }
  const { code, stdout } = await runMain('evaluate', '--merge', ...files, '--json')
  expect([code, JSON.parse(stdout)]).toEqual([0, { ...JSON.parse(whole), unpredicted: 0 }])

  expect(await runMain('evaluate', '--merge', files[0], files[0])).toEqual({
    code: 1,
    stdout: '',
    stderr: `error: ${files[0]} is named twice: each part counts once; leave one out\n`,
  })
  const classes = join(folder, 'classes.txt')
  expect(await runMain('evaluate', '--merge', classes)).toEqual({
    code: 1,
    stdout: '',
    stderr: `error: ${classes} is not JSON: parts are what "pixelwise evaluate --json" prints; check the path, or evaluate this part again\n`,
  })
  writeFileSync(files[1], '{"images": 1}')
  expect((await runMain('evaluate', '--merge', ...files)).stderr).toBe(
    `error: ${files[1]} has no images and confusion: parts are what "pixelwise evaluate --json" prints; check the path, or evaluate this part again\n`,
  )
})

// By hand: rows truth, columns prediction: 2 1 1 / 0 2 0 / 0 0 1. IU 2/4, 2/3, 1/2.
test('scores, classes and confusion matrix as text', async () => {
  const folder = example()
  const { code, stdout, stderr } = await evaluate(folder)
  expect(code).toBe(0)
  expect(stderr).toBe(`warning: label maps in ${join(folder, 'truth')} without a prediction, which do not count: 1
`)
  expect(stdout).toMatchInlineSnapshot(`
    "score
    pixel accuracy         71.43 %
    mean accuracy          83.33 %
    mean IU                55.56 %
    frequency weighted IU  54.76 %

       class            IU  accuracy  true pixels
    0  background  50.00 %   50.00 %            4
    1  cat         66.67 %  100.00 %            2
    2  dog         50.00 %  100.00 %            1

    confusion: rows are the truth, columns the prediction, in percent of the row
                    0    1    2
    0  background  50   25   25
    1  cat          ·  100    ·
    2  dog          ·    ·  100

    7 pixels of 2 images, 1 ignored
    "
  `)
})

test('the same as JSON, and the matrix as SVG', async () => {
  const folder = example()
  const svg = join(folder, 'confusion.svg')
  const { code, stdout } = await evaluate(folder, '--json', '--svg', svg)
  const { images, unpredicted, scores, classIU, confusion } = JSON.parse(stdout)
  expect([code, images, unpredicted]).toEqual([0, 2, 1])
  expect(confusion.counts).toEqual([
    [2, 1, 1],
    [0, 2, 0],
    [0, 0, 1],
  ])
  expect(confusion.ignored).toBe(1)
  expect(classIU).toEqual([2 / 4, 2 / 3, 1 / 2])
  expect(scores.pixelAccuracy).toBe(5 / 7)
  expect(scores.meanAccuracy).toBeCloseTo((0.5 + 1 + 1) / 3, 12)
  expect(scores.meanIU).toBeCloseTo((2 / 4 + 2 / 3 + 1 / 2) / 3, 12)
  expect(scores.frequencyWeightedIU).toBeCloseTo((4 / 7) * (2 / 4) + (2 / 7) * (2 / 3) + (1 / 7) * (1 / 2), 12)
  expect(readFileSync(svg, 'utf8')).toContain('truth background, predicted dog: 1 pixels')
})

test('the report has the colours of the label maps', async () => {
  const folder = temporaryFolder()
  for (const sub of ['truth', 'out']) {
    mkdirSync(join(folder, sub))
    const colours =
      sub === 'out'
        ? [
            [1, 2, 3],
            [250, 128, 114],
            [4, 5, 6],
          ]
        : vocPalette()
    writeFileSync(join(folder, sub, 'a.png'), encodeLabels(map(0, 1), colours))
  }
  writeFileSync(join(folder, 'classes.txt'), 'background\ncat\ndog\n')
  const page = join(folder, 'report.html')
  expect((await evaluate(folder, '--report', page)).code).toBe(0)
  expect(readFileSync(page, 'utf8')).toMatch(/#fa8072|rgb\(250, ?128, ?114\)/)
})

test('label maps in folders pair up by path, as predict writes them; so do the images of the report', async () => {
  const folder = example()
  for (const sub of ['truth', 'out', 'images']) mkdirSync(join(folder, sub, 'more'), { recursive: true })
  writeFileSync(join(folder, 'truth/more/a.png'), encodeLabels(map(2, 2), vocPalette()))
  writeFileSync(join(folder, 'out/more/a.png'), encodeLabels(map(2, 2), vocPalette()))
  const image = encodePng({ height: 2, width: 1, channels: 3, data: new Uint8Array(6).fill(90) })
  writeFileSync(join(folder, 'images/more/a.png'), image)
  const page = join(folder, 'report.html')
  const { code, stdout } = await evaluate(folder, '--json', '--report', page, '--images', join(folder, 'images'))
  const { images, confusion } = JSON.parse(stdout)
  expect([code, images, confusion.counts[2]]).toEqual([0, 3, [0, 0, 3]])
  expect(readFileSync(page, 'utf8')).toContain('more/a')
})

test('--ignore none counts every pixel, so that 255 is out of range', async () => {
  const folder = example()
  const { code, stdout, stderr } = await evaluate(folder, '--ignore', 'none')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(
    'error: true label 255 at (1, 1) of a: expected 0..2; check --classes and --ignore, and both folders\n',
  )
})

test('a prediction without truth is an error with the nearest name', async () => {
  const folder = example()
  writeFileSync(join(folder, 'out', 'aa.png'), encodeLabels(map(0, 0), vocPalette()))
  expect(await evaluate(folder)).toEqual({
    code: 1,
    stdout: '',
    stderr: `error: ${join(folder, 'out', 'aa.png')} has no truth in ${join(folder, 'truth')}: label maps pair up by name without ending, so "aa.png" or "aa.npy" should be there; did you mean "a"?\n`,
  })
})

test('an empty folder, two files of one name, scores instead of labels, and no classes', async () => {
  const folder = example()
  const stderr = async (...argv: string[]) => (await runMain('evaluate', ...argv)).stderr.replaceAll(folder, '.')
  mkdirSync(join(folder, 'empty'))
  const paths = ['--truth', join(folder, 'truth'), '--predictions']
  expect(await stderr(...paths, join(folder, 'empty'), '--classes', '3')).toBe(
    'error: ./empty holds no label maps: label maps are .png or .npy files, in it or below it; check the path\n',
  )
  expect(await stderr(...paths, join(folder, 'out'), '--classes', 'nowhere.txt')).toBe(
    'error: --classes nowhere.txt is neither a number nor a file that can be read (ENOENT): it is the number of classes, or a text file with one class name per line; pass --classes 21 for PASCAL VOC\n',
  )
  writeFileSync(join(folder, 'out', 'b.npy'), encodeNpy({ shape: [2, 1, 3], data: new Float32Array(6) }))
  expect(await stderr(...paths, join(folder, 'out'), '--classes', '3')).toBe(
    'error: ./out/b.npy holds Float32Array of shape 2×1×3: a label map holds whole numbers, height × width of them; take the argmax over classes and save it as uint8\n',
  )
  writeFileSync(join(folder, 'out', 'a.npy'), encodeNpy({ shape: [2, 3], data: new Uint8Array(6) }))
  expect(await stderr(...paths, join(folder, 'out'), '--classes', '3')).toBe(
    'error: ./out/a.npy and ./out/a.png have the same name: label maps pair up by name without ending; move one of them away\n',
  )
})

test('--list scores those that it names, and misses none of them', async () => {
  const folder = example()
  const list = join(folder, 'val.txt')
  writeFileSync(list, 'b\n\n')
  const { code, stdout } = await evaluate(folder, '--list', list, '--json')
  const { images, confusion } = JSON.parse(stdout)
  expect([code, images, confusion.counts.flat()]).toEqual([0, 1, [1, 0, 1, 0, 0, 0, 0, 0, 0]])
  writeFileSync(list, 'b\nc\n')
  expect((await evaluate(folder, '--list', list)).stderr).toBe(
    `error: ${list} names "c", of which ${join(folder, 'out')} has no label map: what is listed is scored as a whole; predict it first, or take it off the list\n`,
  )
  writeFileSync(list, 'c\n')
  expect((await evaluate(folder, '--list', list)).stderr).toContain(`${list} names "c", of which `)
  writeFileSync(list, '\n')
  expect((await evaluate(folder, '--list', list)).stderr).toBe(
    `error: the list ${list} names nothing: it has one name per line; write the names into it, or leave --list out to score all\n`,
  )
  expect((await evaluate(folder, '--list', join(folder, 'no.txt'))).stderr).toBe(
    `error: cannot read the list ${join(folder, 'no.txt')} (ENOENT): it is a text file with one name per line; check the path\n`,
  )
})

test('--report tells the same on one page, with pictures of the images it finds', async () => {
  const folder = example()
  mkdirSync(join(folder, 'images'))
  const image = encodePng({ height: 2, width: 3, channels: 3, data: new Uint8Array(18).fill(90) })
  writeFileSync(join(folder, 'images', 'a.png'), image)
  const page = join(folder, 'report.html')
  const { code, stderr } = await evaluate(folder, '--report', page, '--images', join(folder, 'images'))
  expect([code, stderr]).toEqual([0, expect.stringContaining(`wrote ${page}\n`)])
  const html = readFileSync(page, 'utf8')
  expect(html).toContain('2 images, 7 labelled pixels, 3 classes.')
  expect(html).toContain('55.6\u2009%')
  expect(html.match(/<article>/g)).toHaveLength(1)
  expect(html).toContain(Buffer.from(image).toString('base64'))
})
