import { expect, test } from 'vitest'
import { htmlReport } from './html-report.js'
import { evaluationReport, type TrainingReport, trainingReport } from './training-report.js'

/** A 1×1 PNG, black, compressed and checksummed by Python 3.11's zlib. */
const png = Uint8Array.from(
  Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg==', 'base64'),
)

const hostile = `</title><script>alert("1")</script>&'`

const run: TrainingReport = {
  title: 'FCN-8s on scenes',
  summary: 'It learned.',
  classes: [
    { name: 'background', colour: [0, 0, 0] },
    { name: 'cat', colour: [128, 0, 0] },
  ],
  scores: {
    pixelAccuracy: 0.9612,
    meanAccuracy: 0.9021,
    meanIU: 0.8312,
    frequencyWeightedIU: 0.9284,
  },
  classIU: [0.95, Number.NaN],
  confusion: [90, 10, 0, 0],
  loss: { values: [2, 1, 0.5] },
  target: 0.6,
  baselines: [
    { name: 'majority class', meanIU: 0.2 },
    { name: 'colour', meanIU: 0.4 },
  ],
  examples: [{ name: 'scene 1', image: png, truth: png, prediction: png }],
  facts: [
    ['command', 'npm run demo'],
    ['seed', '7'],
  ],
}

test('tells scores, mark, baselines, classes, pictures and facts', () => {
  const html = trainingReport(run)
  for (const text of [
    '83.1\u2009%',
    '96.1\u2009%',
    '90.2\u2009%',
    '92.8\u2009%',
    'reaches the mark of 60.0\u2009%',
    '43.1 points of mean IU above the best of them',
    'truth background, predicted cat: 10 pixels',
    'cat absent',
    'npm run demo',
  ]) {
    expect(html).toContain(text)
  }
  expect(trainingReport({ ...run, target: 0.9 })).toContain('misses the mark of 90.0\u2009%')
  expect(html.match(/<h2>[^<]*/g)).toEqual([
    '<h2>Learning',
    '<h2>Against simpler methods',
    '<h2>Class by class',
    '<h2>Most confused',
    '<h2>Image, truth, prediction',
    '<h2>This run',
  ])
})

test('a long loss curve is smoothed over its raw values, a short one is drawn as it is', () => {
  const drawn = (html: string) => html.match(/class="pw-line pw-stroke-0 pw-faint"/g)?.length ?? 0
  expect(drawn(trainingReport(run))).toBe(0)
  const values = Array.from({ length: 400 }, (_, i) => 1 + Math.cos(i))
  expect(drawn(trainingReport({ ...run, loss: { values } }))).toBe(2) // once for wide, once for narrow screens
  expect(drawn(trainingReport({ ...run, loss: { values, smoothing: 0 } }))).toBe(0)
})

test('scores measured while training get a curve of their own', () => {
  const html = trainingReport({ ...run, validation: { steps: [10, 20], meanIU: [0.2, 0.6] } })
  expect(html).toContain('aria-label="Mean IU while training: mean IU from 20\u2009% to 60\u2009%"')
})

test('the largest confusions are a table, by their share of the true class', () => {
  const classes = ['sky', 'road', 'car'].map((name) => ({ name, colour: [0, 0, 0] as const }))
  const confused = { ...run, classes, classIU: [1, 1, 1], confusion: [9990, 10, 0, 0, 30, 10, 1, 1, 2] }
  const rows = (html: string) =>
    [...html.matchAll(/<tr>(<td.*?)<\/tr>/g)].map(([, row]) => row.replace(/<[^>]+>/g, ' ').split(/\s{2,}|^ | $/))
  expect(rows(trainingReport(confused)).map((row) => row.filter(Boolean).join(', '))).toEqual([
    'road, car, 25.0\u2009%, 10',
    'car, sky, 25.0\u2009%, 1',
    'car, road, 25.0\u2009%, 1',
    'sky, road, 0.1\u2009%, 10',
  ])
  expect(trainingReport({ ...run, confusion: [90, 0, 0, 10] })).not.toContain('Most confused')
})

test('the matrix of many classes takes the whole width, with cells that do not shrink', () => {
  const of = (count: number) =>
    trainingReport({
      ...run,
      classes: Array.from({ length: count }, (_, i) => ({ name: `class ${i}`, colour: [0, 0, 0] })),
      classIU: new Array(count).fill(0.5),
      confusion: new Array(count * count).fill(1),
    })
  expect(of(14)).not.toContain('<div class="narrow scroll">')
  const html = of(60)
  expect(html).toContain('<figure class="wide"><div class="broad scroll">')
  const [, narrow] = html.split('<div class="narrow scroll">')
  expect(Number(/ width="(\d+)"/.exec(narrow)?.[1])).toBeGreaterThanOrEqual(60 * 14)
  expect(html).toContain('IU per class, continued')
})

test('pixels that do not count are told in the legend where they have a colour', () => {
  expect(trainingReport(run)).not.toContain('does not count')
  expect(trainingReport({ ...run, ignoreColour: [224, 224, 192] })).toContain(
    '<span style="background:#e0e0c0"></span>does not count',
  )
})

test('needs nothing but itself and forbids itself to fetch anything', () => {
  const html = trainingReport(run)
  expect(html).not.toMatch(/https?:|\/\/\w|@import|<link|<iframe|\ssrc="(?!data:)|url\(/)
  expect(html).toContain(`content="default-src &#39;none&#39;; img-src data:;`)
  expect(html).toContain('name="viewport" content="width=device-width, initial-scale=1"')
})

test('stores each picture once, byte for byte', () => {
  const stored = [...trainingReport(run).matchAll(/<img src="data:image\/png;base64,([^"]*)" width="1" height="1"/g)]
  expect(stored).toHaveLength(3)
  for (const [, code] of stored) expect(new Uint8Array(Buffer.from(code, 'base64'))).toEqual(png)
})

test('escapes every text', () => {
  const html = trainingReport({
    ...run,
    title: hostile,
    summary: hostile,
    classes: run.classes.map(({ colour }) => ({ name: hostile, colour })),
    baselines: [{ name: hostile, meanIU: 0.1 }],
    examples: [{ name: hostile, note: hostile, image: png, truth: png, prediction: png }],
    facts: [[hostile, hostile]],
  })
  expect(html).not.toContain('<script>alert')
  expect(html.match(/<script>/g)).toHaveLength(1)
  expect(html.match(/&lt;\/title&gt;&lt;script&gt;alert/g)?.length).toBeGreaterThan(10)
})

test('the same run gives the same file', () => {
  expect(trainingReport(run)).toBe(trainingReport(structuredClone(run)))
})

test('leaves out what was not measured', () => {
  const html = trainingReport({ ...run, baselines: [], examples: [], target: undefined })
  expect(html).not.toContain('Against simpler methods')
  expect(html).not.toContain('Image, truth, prediction')
  expect(html).not.toContain('<script>')
  expect(html).not.toContain('mark of')
})

test('tables align numbers', () => {
  const html = htmlReport({
    title: 't',
    summary: 's',
    sections: [
      {
        kind: 'table',
        columns: ['engine', 'ms'],
        rows: [
          ['wasm', 12.5],
          ['cpu', '140.2'],
        ],
      },
    ],
  })
  expect(html).toContain('<tr><td>cpu</td><td class="number">140.2</td></tr>')
  expect(html).toContain('<th>engine</th><th class="number">ms</th>')
})

test('refuses pictures that are no PNG', () => {
  const examples = [{ name: 'scene 1', image: png, truth: Uint8Array.of(255, 216, 255), prediction: png }]
  expect(() => trainingReport({ ...run, examples })).toThrow(
    'picture "scene 1, Truth" of 3 bytes: pictures in a report are complete PNG files, as bytes; encode the raster as PNG first',
  )
})

test('an evaluation tells the same without having learnt', () => {
  const html = evaluationReport(run)
  expect(html.match(/<h2>[^<]*/g)).toEqual([
    '<h2>Against simpler methods',
    '<h2>Class by class',
    '<h2>Most confused',
    '<h2>Image, truth, prediction',
    '<h2>This run',
  ])
})

test('the reader chooses which two panels are compared, where examples have the same ones', () => {
  const panel = (caption: string) => ({ caption, png })
  const chooserOf = (...captions: string[][]) => {
    const examples = captions.map((of, i) => ({ name: `scene ${i}`, panels: of.map(panel), compare: [0, 1] as const }))
    const html = htmlReport({ title: 't', summary: 's', sections: [{ kind: 'pictures', examples }] })
    return html
      .match(/<option value="\d"( selected="")?>[^<]*/g)
      ?.map((option) => option.slice('<option value='.length))
  }
  expect(chooserOf(['Image', 'Truth', 'Net'])).toEqual([
    '"0" selected="">Image',
    '"1">Truth',
    '"2">Net',
    '"0">Image',
    '"1" selected="">Truth',
    '"2">Net',
  ])
  expect(chooserOf(['Image', 'Truth'])).toBeUndefined()
  expect(chooserOf(['Image', 'Truth', 'Net'], ['Image', 'Truth', 'Other'])).toBeUndefined()
})
