import { encodePng } from '@pixelwise/datasets'
import { side } from './digits.mjs'

const scale = 3
const rowHeight = 9
const gap = 26

/** The strings, below each the probability of the ten digits every 4 pixels, and what was read: an SVG. */
export function picture(strings) {
  const width = Math.max(...strings.map(({ image }) => image.width)) * scale + 24
  let top = 8
  const parts = strings.map((one) => {
    const part = `<g transform="translate(20 ${top})">${draw(one)}</g>`
    top += one.image.height * scale + 10 * rowHeight + gap
    return part
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" font-family="sans-serif" font-size="8">
<title>Strings of digits, the scores of LeNet along them, and what was read</title>
<rect width="100%" height="100%" fill="white"/>
${parts.join('\n')}
</svg>
`
}

function draw({ image, columns, stride, read, text }) {
  const { height, width } = image
  const png = Buffer.from(encodePng(image)).toString('base64')
  const bottom = height * scale + 4
  // A cell is drawn in the middle of the 28 pixels that it looks at.
  const centre = (column) => (column * stride + side / 2) * scale
  const cells = columns.flatMap((classes, column) =>
    classes.map((probability, digit) => {
      const shade = Math.round(255 * (1 - probability))
      return `<rect x="${centre(column) - (stride * scale) / 2}" y="${bottom + digit * rowHeight}" width="${stride * scale}" height="${rowHeight}" fill="rgb(${shade},${shade},255)"/>`
    }),
  )
  const names = Array.from({ length: 10 }, (_, digit) => {
    return `<text x="-10" y="${bottom + digit * rowHeight + 7}">${digit}</text>`
  })
  const answers = read.map(({ column, digit }, i) => {
    const fill = String(digit) === text[i] ? 'black' : 'red'
    return `<text x="${centre(column)}" y="${bottom + 10 * rowHeight + 12}" font-size="14" text-anchor="middle" fill="${fill}">${digit}</text>`
  })
  return `<image width="${width * scale}" height="${height * scale}" href="data:image/png;base64,${png}"/>${cells.join('')}${names.join('')}${answers.join('')}`
}
