import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { boxMask, maskToJSON } from '@pixelwise/masks'
import { expect, test } from 'vitest'
import { runMain, temporaryFolder } from '../../test-support/run-main.js'

/** Two objects and a crowd on one image, none on another; three proposals. */
function example() {
  const folder = temporaryFolder()
  const at = (x: number, y: number, width: number, height: number) =>
    maskToJSON(boxMask({ x, y, width, height }, 100, 100))
  const write = (name: string, value: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(value))
    return join(folder, name)
  }
  const images = [1, 2].map((id) => ({ id, height: 100, width: 100 }))
  const bbox = [0, 0, 1, 1]
  const annotations = [
    { image_id: 1, category_id: 1, area: 400, bbox, segmentation: at(10, 10, 20, 20) },
    { image_id: 1, category_id: 2, area: 1600, bbox, segmentation: at(50, 50, 40, 40) },
    { image_id: 1, category_id: 2, area: 2500, bbox, segmentation: at(0, 50, 50, 50), iscrowd: 1 },
  ]
  const results = [
    { image_id: 1, category_id: 1, score: 0.5, segmentation: at(10, 10, 20, 20) },
    { image_id: 1, category_id: 1, score: 0.9, segmentation: at(50, 50, 40, 24) }, // 0.6 of the second
    { image_id: 2, category_id: 1, score: 0.8, segmentation: at(0, 0, 5, 5) },
  ]
  return { truth: write('truth.json', { images, annotations }), results: write('results.json', results), write }
}

test('recall, overlap and AR, exact and as COCO counts, by size', async () => {
  const { truth, results } = example()
  const { code, stdout } = await runMain('evaluate-regions', '--truth', truth, '--results', results)
  expect(code).toBe(0)
  // AR of overlaps 1 and 0.6: (1 + 0.2)/2; on COCO's thresholds, 0.6 passes three of ten.
  expect(stdout.replaceAll(/ +$/gm, '')).toMatchInlineSnapshot(`
    "                   all     small    medium  large
    objects              2         1         1      0
    R@50          100.00 %  100.00 %  100.00 %      –
    R@70           50.00 %  100.00 %    0.00 %      –
    ABO            80.00 %  100.00 %   60.00 %      –
    AR             60.00 %  100.00 %   20.00 %      –
    AR@10          60.00 %  100.00 %   20.00 %      –
    AR@100         60.00 %  100.00 %   20.00 %      –
    AR@1000        60.00 %  100.00 %   20.00 %      –
    COCO AR@10     65.00 %  100.00 %   30.00 %      –
    COCO AR@100    65.00 %  100.00 %   30.00 %      –
    COCO AR@1000   65.00 %  100.00 %   30.00 %      –

    3 proposals for 2 images
    "
  `)
})

test('as JSON', async () => {
  const { truth, results } = example()
  const { stdout } = await runMain('evaluate-regions', '--truth', truth, '--results', results, '--json')
  const { images, proposals, scores } = JSON.parse(stdout)
  expect({ images, proposals, sizes: scores.map(({ size }: { size: string }) => size) }).toEqual({
    images: 2,
    proposals: 3,
    sizes: ['all', 'small', 'medium', 'large'],
  })
  expect(scores[3].averageRecall).toBeNull() // no large objects
})

test('says which file is wrong', async () => {
  const { truth, results, write } = example()
  const boxes = write('boxes.json', [{ image_id: 1, score: 1, bbox: [0, 0, 1, 1] }])
  expect(await runMain('evaluate-regions', '--truth', truth, '--results', boxes)).toEqual({
    code: 1,
    stdout: '',
    stderr: `error: cannot read ${boxes} (it holds something else): it must be a COCO results file with masks; check the path; "pixelwise regions" writes results\n`,
  })
  const absent = join(truth, 'absent')
  expect((await runMain('evaluate-regions', '--truth', absent, '--results', results)).stderr).toMatch(
    /^error: cannot read .*absent \(ENOTDIR.*\): it must be a COCO annotation file; /,
  )
  const mask = { size: [1, 1], counts: '1' }
  for (const [score, told] of [
    ['high', '"high"'],
    [null, 'null'],
    [undefined, 'missing'],
  ]) {
    const unranked = write('unranked.json', [{ image_id: 1, score, segmentation: mask }])
    expect((await runMain('evaluate-regions', '--truth', truth, '--results', unranked)).stderr).toBe(
      `error: result 0 of ${unranked} has the score ${told}: a score is a number, and ranks the proposals of an image; write the results again\n`,
    )
  }
  const stray = write('stray.json', [{ image_id: 7, score: 1, segmentation: { size: [1, 1], counts: '1' } }])
  expect((await runMain('evaluate-regions', '--truth', truth, '--results', stray)).stderr).toContain(
    'a detection on image 7: only 2 other images are evaluated',
  )
})
