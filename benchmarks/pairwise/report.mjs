import { sharesTable } from './shares.mjs'

/** The measurements as text: a table for each part. */
export function formatReport({ command, machine, node, commit, loadBefore, versions, suppression, shares, pyramids }) {
  const named = Object.entries(versions ?? {}).map(([name, version]) => `, ${name} ${version}`)
  return `${[
    `command  ${command}`,
    `commit   ${commit}`,
    `machine  ${machine}; load ${loadBefore.toFixed(1)} before`,
    `versions Node ${node}${named.join('')}`,
    ...(suppression === undefined ? [] : suppressionTable(suppression)),
    ...(shares === undefined ? [] : ['', ...sharesTable(shares)]),
    ...pyramids.flatMap(pyramidTable),
  ].join('\n')}\n`
}

function suppressionTable({ results, absent }) {
  return [
    '',
    'suppression at IoU 0.7, one thread',
    '',
    '| pathways | regions | kept | masks | µs per region | places, pairs per region | boxes | quadratic, masks | its pairs per region | ÷ ours | torchvision, boxes | ÷ ours |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...results.map((row) => {
      const { pathways, count, kept, seconds, work, boxSeconds, quadratic, torchvision } = row
      const micros = ((seconds.median * 1e6) / count).toFixed(2)
      const per = ({ slots, intersections }) => `${slots.toFixed(0)}, ${intersections.toFixed(1)}`
      const cells = [
        ...[pathways, count, kept, time(seconds), micros, per(work), time(boxSeconds)],
        ...(quadratic ? [time(quadratic.seconds), per(quadratic.work), ratio(quadratic.ratio)] : ['–', '–', '–']),
        ...(torchvision ? [time(torchvision.seconds), ratio(torchvision.ratio)] : ['–', '–']),
      ]
      return `| ${cells.join(' | ')} |`
    }),
    ...(absent === undefined ? [] : ['', `torchvision not measured: ${absent}`]),
  ]
}

function pyramidTable({ net, size, tasks }) {
  const [all] = tasks
  return [
    '',
    `pyramid of features beside a pyramid of images, ${net}, image of ${size.join('×')}`,
    '',
    '| | regions | time | ÷ all pathways |',
    '|---|---:|---:|---:|',
    ...tasks.map(({ task, regions, seconds }) => {
      return `| ${task} | ${regions} | ${time(seconds)} | ${(seconds.median / all.seconds.median).toFixed(2)} |`
    }),
    '',
    'Long 2016, §4.3.4, on a GPU: all pathways 292 ms; coarsest at 1×, 2×, 3× the image 161, 416, 922 ms.',
  ]
}

function time({ median, least, greatest }) {
  const unit = median >= 1 ? ['s', 1] : ['ms', 1000]
  const figure = (value) => (value * unit[1]).toPrecision(3)
  return `${figure(median)} ${unit[0]} (${figure(least)}–${figure(greatest)})`
}

function ratio({ median, least, greatest }) {
  return `${median.toFixed(1)}× (${least.toFixed(1)}–${greatest.toFixed(1)})`
}
