/**
 * The only script of a report: fills each comparison from its panels, moves the cut with the slider, with the arrow
 * keys, or with the mouse alone, and shows other panels where the reader chooses some. It is a string because it runs
 * in the reader's browser, not here.
 */
export const pageScript = `
for (const section of document.querySelectorAll('section')) {
  const comparisons = [...section.querySelectorAll('[data-compare]')].map(comparison)
  const pair = section.querySelector('.pair')
  if (pair) {
    const [left, right] = pair.querySelectorAll('select')
    pair.addEventListener('change', () => comparisons.forEach((show) => show([left.value, right.value])))
    pair.hidden = false
  }
}

function comparison(panels) {
  const figure = panels.querySelector('.compare')
  const stage = figure.querySelector('.stage')
  const slider = stage.querySelector('input')
  const shown = panels.querySelectorAll('figure:not(.compare)')
  const name = slider.ariaLabel
  const sides = figure.querySelectorAll('figcaption span')
  let captions
  const cut = () => {
    stage.style.setProperty('--cut', slider.value + '%')
    slider.setAttribute('aria-valuetext', slider.value + ' % ' + captions[0])
  }
  const show = (chosen) => {
    const figures = chosen.map((index) => shown[index])
    captions = figures.map((one) => one.querySelector('figcaption').textContent)
    stage.querySelectorAll('img').forEach((image) => image.remove())
    stage.prepend(...figures.map((one) => one.querySelector('img').cloneNode()))
    stage.querySelectorAll('img').forEach((image) => { image.alt = '' })
    sides[0].textContent = captions[0] + ' ◂'
    sides[1].textContent = '▸ ' + captions[1]
    slider.ariaLabel = name + ': ' + captions[0] + ' against ' + captions[1]
    cut()
  }
  slider.addEventListener('input', cut)
  stage.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'mouse') return
    const box = stage.getBoundingClientRect()
    slider.value = 100 * (event.clientX - box.left) / box.width
    cut()
  })
  show(panels.dataset.compare.split(' '))
  figure.hidden = false
  return show
}
`
