import { urlSource } from '@pixelwise/core'
import { folderSource } from './folder-source.js'
import { background, paint, rasterOf, shares } from './picture.js'
import { Segmenter } from './segmenter.js'

const element = (id) => document.getElementById(id)
const [drop, canvas, status, opacity, legend] = ['drop', 'picture', 'status', 'opacity', 'legend'].map(element)
const [fileInput, modelInput, onnxInput, backendChoice] = ['file', 'model', 'onnx', 'backend'].map(element)
const [sampleButton, cameraButton, saveButton, video] = ['sample', 'camera', 'save', 'video'].map(element)

const sample = './sample/scene.png'
const segmenter = new Segmenter()
/** What is shown: the image and its labels. */
let shown
let backend

/** Jobs run one after the other; a failed one says why and lets the next one run. */
let queue = Promise.resolve()
function enqueue(job) {
  queue = queue.then(job).catch(fail)
  return queue
}

enqueue(async () => {
  backend = await segmenter.use('auto')
  const asked = new URLSearchParams(location.search).get('model') ?? './sample/model'
  const address = new URL(asked, document.baseURI).href
  if (isOnnx(address)) await loadOnnx(asked, await fetched(address))
  else await loadModel(urlSource(address, (url) => fetch(url)))
})

async function loadModel(source) {
  tell('Loading the model…')
  backend = await segmenter.load(source, (part) => tell(`Loading the model… ${Math.round(100 * part)} %`))
  await showModel(source.location)
}

async function loadOnnx(name, blob) {
  tell('Starting ONNX Runtime…')
  backend = await segmenter.loadOnnx(name, new Uint8Array(await blob.arrayBuffer()))
  await showModel(name)
}

function isOnnx(name) {
  return /\.onnx$/i.test(name)
}

async function fetched(address) {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`${address} cannot be fetched (HTTP status ${response.status})`)
  return response.blob()
}

/** Offers the backends that the new model runs on, and labels with it what is shown. */
async function showModel(name) {
  document.body.dataset.model = name
  for (const option of backendChoice.options) {
    option.disabled = option.value !== 'auto' && !segmenter.backends.includes(option.value)
  }
  backendChoice.value = segmenter.wanted
  await showAgain()
}

/** After a change of model or backend. */
async function showAgain() {
  if (shown) await show(shown.image)
  else if (segmenter.isReady) tell(`Ready, on ${backend}.`)
}

async function show(image) {
  if (!segmenter.isReady) throw new Error('There is no model to label it with: choose a model folder first')
  const { labels, milliseconds } = await segmenter.label(image)
  shown = { image, labels }
  draw()
  saveButton.disabled = false
  tell(`${image.width}×${image.height} pixels in ${milliseconds.toFixed(0)} ms on ${backend}.`)
}

function draw() {
  if (!shown) return
  element('hint').hidden = true
  canvas.hidden = false
  const share = Number(opacity.value) / 100
  paint(canvas, shown.image, shown.labels, (label) => segmenter.colourOf(label), share)
  legend.replaceChildren(...shares(shown.labels).map(legendEntry))
}

function legendEntry({ label, share }) {
  const entry = document.createElement('li')
  const swatch = document.createElement('i')
  if (label !== background) swatch.style.background = `rgb(${segmenter.colourOf(label).join(' ')})`
  const [name, amount] = [document.createElement('span'), document.createElement('span')]
  name.textContent = segmenter.nameOf(label)
  amount.textContent = share < 0.001 ? '< 0.1 %' : `${(100 * share).toFixed(1)} %`
  entry.append(swatch, name, amount)
  return entry
}

async function showFile(file) {
  if (video.srcObject) stopCamera()
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name} cannot be read as a picture: choose a JPEG, PNG or WebP file`)
  })
  await show(rasterOf(bitmap, bitmap.width, bitmap.height))
  bitmap.close()
}

function tell(text) {
  status.classList.remove('failed')
  status.textContent = text
}

function fail(error) {
  console.error(error)
  status.classList.add('failed')
  status.textContent = error.message
}

opacity.addEventListener('input', () => {
  element('opacityValue').textContent = `${opacity.value} %`
  draw()
})

fileInput.addEventListener('change', () => {
  const [file] = fileInput.files
  if (file) enqueue(() => showFile(file))
  fileInput.value = ''
})

modelInput.addEventListener('change', () => {
  const files = [...modelInput.files]
  if (files.length > 0) enqueue(() => loadModel(folderSource(files)))
  modelInput.value = ''
})

onnxInput.addEventListener('change', () => {
  const [file] = onnxInput.files
  if (file) enqueue(() => loadOnnx(file.name, file))
  onnxInput.value = ''
})

backendChoice.addEventListener('change', () => {
  enqueue(async () => {
    tell(`Starting ${backendChoice.value}…`)
    backend = await segmenter.use(backendChoice.value).catch((error) => {
      backendChoice.value = segmenter.wanted
      throw error
    })
    await showAgain()
  })
})

sampleButton.addEventListener('click', () => {
  enqueue(async () => {
    await showFile(new File([await fetched(sample)], sample))
  })
})

saveButton.addEventListener('click', () => {
  const [plain, link] = [document.createElement('canvas'), document.createElement('a')]
  paint(plain, shown.image, shown.labels, (label) => segmenter.colourOf(label), 1)
  plain.toBlob((blob) => {
    link.href = URL.createObjectURL(blob)
    link.download = 'labels.png'
    link.click()
    URL.revokeObjectURL(link.href)
  })
})

drop.addEventListener('click', () => fileInput.click())

/** A picture may be dropped anywhere: beside the frame, the browser would leave the page and open it. */
for (const kind of ['dragenter', 'dragover']) {
  document.addEventListener(kind, (event) => {
    event.preventDefault()
    drop.classList.add('over')
  })
}
for (const kind of ['dragleave', 'drop']) document.addEventListener(kind, () => drop.classList.remove('over'))
document.addEventListener('drop', (event) => {
  event.preventDefault()
  const [file] = event.dataTransfer.files
  enqueue(() => {
    if (!file) throw new Error('What was dropped is no file: drop a JPEG, PNG or WebP file, or an ONNX model')
    return isOnnx(file.name) ? loadOnnx(file.name, file) : showFile(file)
  })
})

cameraButton.addEventListener('click', () => (video.srcObject ? stopCamera() : enqueue(startCamera)))

async function startCamera() {
  if (video.srcObject) return // pressed twice
  if (!navigator.mediaDevices) throw new Error('No camera: pages reach it at https addresses and on localhost only')
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640 } }).catch((error) => {
    throw new Error(`No camera (${error.message}): connect one and allow this page to use it`)
  })
  await video.play()
  cameraButton.setAttribute('aria-pressed', 'true')
  status.ariaLive = 'off' // the time of every frame would be read out
  nextFrame()
}

/** Labels frames one after the other, as fast as the net allows. */
async function nextFrame() {
  await enqueue(async () => {
    if (video.srcObject) await show(rasterOf(video, video.videoWidth, video.videoHeight))
  })
  if (video.srcObject) requestAnimationFrame(nextFrame)
}

function stopCamera() {
  for (const track of video.srcObject.getTracks()) track.stop()
  video.srcObject = null
  cameraButton.setAttribute('aria-pressed', 'false')
  status.ariaLive = 'polite'
}

/** For tests: the labels that are shown, and a promise for the end of what is under way. */
window.pixelwise = {
  labels: () => shown && { ...shown.labels, labels: [...shown.labels.labels] },
  idle: () => queue,
}

if ('serviceWorker' in navigator && import.meta.env.PROD) keepForOffline().catch((error) => console.warn(error))

/** Has the service worker fetch what the page loaded before the worker was there. */
async function keepForOffline() {
  await navigator.serviceWorker.register('./service-worker.js')
  if (!navigator.serviceWorker.controller) {
    await new Promise((resolve) => {
      navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true })
    })
  }
  await queue
  const loaded = performance.getEntriesByType('resource').map(({ name }) => name)
  const ours = [location.href, new URL(sample, location.href).href, ...loaded].filter((address) =>
    address.startsWith(location.origin),
  )
  await Promise.all([...new Set(ours)].map((address) => fetch(address)))
  document.body.dataset.offline = 'ready'
}
