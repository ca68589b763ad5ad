/*
 * Opens a report in a headless Chromium, on a phone and on a wide screen, uses its sliders with keys and mouse, and takes
 * screenshots to be looked at.
 *
 *   node scripts/browser/report.mjs REPORT.html [--chromium /usr/bin/chromium] [--screenshots FOLDER]
 */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { openChromium } from './chromium.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    screenshots: { type: 'string', default: 'report-screenshots' },
  },
})
const [report] = positionals
if (report === undefined) throw new Error('which report? node scripts/browser/report.mjs runs/train/report.html')

mkdirSync(values.screenshots, { recursive: true })
const browser = await openChromium(values.chromium, [])
try {
  const { page } = browser
  for (const width of [390, 1280]) {
    await page.resize(width, 900)
    await page.open(pathToFileURL(report).href)
    assert.ok((await page.evaluate('document.documentElement.scrollWidth')) <= width, 'nothing sticks out sideways')
    await compare(page)
    const height = Math.min(8000, await page.evaluate('document.documentElement.scrollHeight'))
    const clip = { x: 0, y: 0, width, height, scale: 1 }
    const { data } = await page.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true, clip })
    writeFileSync(join(values.screenshots, `${width}.png`), Buffer.from(data, 'base64'))
    console.log(`${width} pixels wide: ${height} high`)
  }
  assert.deepEqual(page.uncaught, [])
} finally {
  await browser.close()
}

/** The first comparison: the cut goes with the arrow keys and the mouse, and shows the panels that are chosen. */
async function compare(page) {
  const slider = "document.querySelector('.stage input')"
  if (!(await page.evaluate(`${slider} !== null`))) return
  await page.evaluate(`${slider}.focus()`)
  await page.press('ArrowRight')
  assert.equal(await page.evaluate(`${slider}.value`), '51')
  assert.equal(await page.evaluate(`${slider}.closest('.stage').style.getPropertyValue('--cut')`), '51%')

  const at = await page.evaluate(`(() => {
    const box = ${slider}.getBoundingClientRect()
    return { x: box.left + box.width / 4, y: box.top + box.height / 2 }
  })()`)
  await page.send('Input.dispatchMouseEvent', { type: 'mouseMoved', ...at })
  assert.equal(await page.evaluate(`${slider}.value`), '25')

  const left = "document.querySelector('.pair select')"
  if (!(await page.evaluate(`${left} !== null`))) return
  await page.evaluate(`${left}.focus()`)
  const before = await page.evaluate(`${slider}.ariaLabel`)
  await page.press('ArrowUp') // from truth to image
  await page.until(`${slider}.ariaLabel !== ${JSON.stringify(before)}`, 5)
  const shown = "document.querySelector('.stage img').src === document.querySelector('.panels figure img').src"
  assert.equal(await page.evaluate(shown), true)
}
