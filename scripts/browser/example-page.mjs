import assert from 'node:assert/strict'

/** The element in which the page says what it does. */
export const status = "document.getElementById('status')"

/** What the status says once it has changed. */
export async function statusAfter(page, action) {
  await page.evaluate(`${status}.textContent = ''`)
  await action()
  await page.until(`${status}.textContent !== ''`)
  await page.evaluate('window.pixelwise.idle()')
  return page.evaluate(`${status}.textContent`)
}

/** Switches to a backend and labels all pictures there; at least 99.9 % of the pixels must be as expected. */
export async function compare(page, backend, pictures, expected) {
  const started = await statusAfter(page, () =>
    page.evaluate(`(() => {
      const choice = document.getElementById('backend')
      choice.value = '${backend}'
      choice.dispatchEvent(new Event('change'))
    })()`),
  )
  assert.match(started, new RegExp(` on ${backend}\\.$`))
  let equal = 0
  let pixels = 0
  for (const [index, path] of pictures.entries()) {
    await statusAfter(page, () => page.drop('#drop', path))
    equal += await equalPixels(page, expected[index])
    pixels += expected[index].labels.length
  }
  assert.ok(equal / pixels >= 0.999, `${backend}: ${equal} of ${pixels} pixels equal`)
  const times = []
  for (let repeat = 0; repeat < 3; repeat++) {
    const said = await statusAfter(page, () => page.drop('#drop', pictures[0]))
    times.push(Number(/in (\d+) ms/.exec(said)[1]))
  }
  return { backend, equal, pixels, milliseconds: times.sort((a, b) => a - b)[1] }
}

export async function equalPixels(page, { height, width, labels }) {
  const shown = await page.evaluate('window.pixelwise.labels()')
  assert.deepEqual([shown.height, shown.width], [height, width])
  return labels.reduce((count, label, pixel) => count + (label === shown.labels[pixel]), 0)
}
