import { writeJson, writeWhole } from '../shared/files.mjs'
import { circumstances, table } from '../shared/markdown.mjs'
import { longSide, smallestObject } from './data.mjs'

/** Writes the figures as JSON, and the page with the tables. */
export async function writeReport(folder, { structures, random, training, counts }) {
  await writeJson(`${folder}/figures.json`, { training, counts, random, structures })
  await writeWhole(`${folder}/README.md`, page({ structures, random, training, counts }))
}

function page({ structures, random, training, counts }) {
  const names = Object.keys(structures)
  return `# A pyramid of regions on the sample of COCO

SqueezeNet 1.0 with its published weights and four pathways (windows of 28, 56, 144 and 288 pixels) learns from ${counts.train} images
of COCO whose longer side is reduced to ${longSide} pixels; every fifth image, ${counts.heldOut} with ${counts.objects} objects of at least ${smallestObject} pixels,
is held out, and all figures are of these. *Plain* predicts regions with one convolution, as DeepMask does; *restructured*
transposes them and multiplies them by a matrix. ${training.steps} steps of one image each, drawn at random with replacement (Adam,
${training.learningRate}, lowered at ${training.drops.join(' and ')}; the trunk at a tenth of it).

So few images and steps give small figures: they compare structures and show that everything works together. The
thesis has 80,000 images.

## Proposals

Average recall of the best N regions per image, ranked by the scoring pathways, after suppression at IoU 0.7, in %.

${table(
  ['', 'AR@10', 'AR@100', 'AR@1000'],
  [...names.map((name) => [name, ...recallRow(structures[name].proposals)]), ['random boxes', ...recallRow(random)]],
)}

${names
  .map((name) => {
    const ratio = structures[name].proposals[100].exact / random[100].exact
    return `AR@100 of ${name} is ${ratio.toFixed(1)} times that of random boxes.`
  })
  .join(' ')} Random boxes: sides drawn log-uniformly between 8 pixels and the image's, uniform places, ten draws.

## Density

All regions whatever their scores, as Table 4.2; stride at the lowest layer, regions of one image, recall in %, and the time of
the processor for one image, trunk included. A transposed net is thinned out by one convolution per phase of cells, 64 of them at
stride 16: on images this small their overhead outweighs what they save.

${names.map((name) => `### ${name}\n\n${density(structures[name].density)}`).join('\n\n')}

## Pictures

Of the restructured net, on held-out images. The objects that it could find, whatever the scores, by size and pathway:

![Recalled at 0.5](sizes-50.svg)
![Recalled at 0.7](sizes-70.svg)

All regions of each pathway of one image, laid out as they lie in it:

${['conv1', 'fire4', 'fire8', 'fire9'].map((name) => `![${name}](planes-${name}.png)`).join('\n')}

The weights of the plain net's prediction from fire8, as L1 norms: a block for each cell of a region, in it the cells under the
kernel; and the differences of each block from the one above:

![Weights](weights-fire8.png)
![Differences](differences-fire8.png)

The pictures that show photos (the region closest to each object, the ten best proposals, the image of the planes) are written
into \`out/photos\`: the photos keep their owners' licences.

## Circumstances

${circumstances('node experiments/coco-regions/run.mjs', 'compiled (ONNX Runtime), 1 thread')}
`
}

function recallRow(recall) {
  return [10, 100, 1000].map((limit) => percent(recall[limit].exact))
}

function density(rows) {
  return table(
    ['stride', 'regions', 'R@50', 'R@70', 'ABO', 'AR', 'ms'],
    rows.map((row) => [
      row.stride,
      row.regions.toLocaleString('en'),
      ...[row.recall50, row.recall70, row.averageBestOverlap, row.averageRecall].map(percent),
      Math.round(row.processorMilliseconds),
    ]),
  )
}

function percent(share) {
  return (100 * share).toFixed(1)
}
