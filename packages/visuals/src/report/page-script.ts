/**
 * The only script of a report: fills each comparison from its panels and moves the cut with the slider, with the
 * arrow keys, or with the mouse alone. It is a string because it runs in the reader's browser, not here.
 */
export const pageScript = `
for (const panels of document.querySelectorAll('[data-compare]')) {
  const figure = panels.querySelector('.compare')
  const stage = figure.querySelector('.stage')
  const slider = stage.querySelector('input')
  const images = panels.querySelectorAll('figure:not(.compare) img')
  const chosen = panels.dataset.compare.split(' ').map((index) => images[index].cloneNode())
  chosen.forEach((image) => { image.alt = '' })
  stage.prepend(...chosen)
  const cut = () => stage.style.setProperty('--cut', slider.value + '%')
  slider.addEventListener('input', cut)
  stage.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'mouse') return
    const box = stage.getBoundingClientRect()
    slider.value = 100 * (event.clientX - box.left) / box.width
    cut()
  })
  figure.hidden = false
}
`
