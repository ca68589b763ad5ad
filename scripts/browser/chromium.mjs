import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const headless = ['--headless=new', '--no-sandbox', '--no-first-run', '--remote-debugging-pipe', 'about:blank']

/** A headless Chromium, driven by the DevTools protocol over a pipe, with one page open. */
export async function openChromium(program, flags) {
  const profile = mkdtempSync(join(tmpdir(), 'pixelwise-chromium-'))
  const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']
  const browser = spawn(program, [...flags, `--user-data-dir=${profile}`, ...headless], { stdio })
  const protocol = new Protocol(browser)
  const { targetInfos } = await protocol.send('Target.getTargets')
  const { targetId } = targetInfos.find(({ type }) => type === 'page')
  const { sessionId } = await protocol.send('Target.attachToTarget', { targetId, flatten: true })
  const page = new Page(protocol, sessionId)
  for (const domain of ['Page', 'Runtime', 'DOM']) await page.send(`${domain}.enable`)
  return {
    page,
    version: async () => (await protocol.send('Browser.getVersion')).product,
    async close() {
      if (browser.exitCode === null && browser.signalCode === null) {
        const ended = once(browser, 'exit')
        protocol.send('Browser.close').catch(() => browser.kill())
        await ended
      }
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}

/** Commands out, answers and events in: JSON, each ended by a zero byte. */
class Protocol {
  #to
  #next = 1
  #waiting = new Map()
  listeners = new Set()

  constructor(browser) {
    this.#to = browser.stdio[3]
    let rest = ''
    browser.stdio[4].setEncoding('utf8').on('data', (text) => {
      const messages = (rest + text).split('\0')
      rest = messages.pop()
      for (const message of messages) this.#take(JSON.parse(message))
    })
    browser.on('exit', (code) => this.#fail(new Error(`Chromium ended with code ${code}`)))
    browser.on('error', (error) => this.#fail(error))
  }

  send(method, params = {}, sessionId) {
    const id = this.#next++
    this.#to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    return new Promise((resolve, reject) => this.#waiting.set(id, { method, resolve, reject }))
  }

  #take({ id, error, result, method, params }) {
    if (id === undefined) {
      for (const listener of this.listeners) listener(method, params)
      return
    }
    const { method: asked, resolve, reject } = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) reject(new Error(`${asked}: ${error.message}`))
    else resolve(result)
  }

  #fail(error) {
    for (const { reject } of this.#waiting.values()) reject(error)
  }
}

const keyCodes = { Tab: 9, Enter: 13, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 }

/** What a person does with a page. */
class Page {
  /** Errors that nothing in the page has caught. */
  uncaught = []
  #protocol
  #session

  constructor(protocol, session) {
    this.#protocol = protocol
    this.#session = session
    protocol.listeners.add((method, params) => {
      if (method === 'Runtime.exceptionThrown') this.uncaught.push(params.exceptionDetails.exception?.description)
    })
  }

  send(method, params) {
    return this.#protocol.send(method, params, this.#session)
  }

  /** The next event of a kind. */
  next(kind) {
    return new Promise((resolve) => {
      const listener = (method, params) => {
        if (method !== kind) return
        this.#protocol.listeners.delete(listener)
        resolve(params)
      }
      this.#protocol.listeners.add(listener)
    })
  }

  async open(url) {
    const loaded = this.next('Page.loadEventFired')
    const { errorText } = await this.send('Page.navigate', { url })
    if (errorText) throw new Error(`${url}: ${errorText}`)
    await loaded
  }

  /** The value of an expression in the page; promises are waited for. */
  async evaluate(expression) {
    const asked = { expression, awaitPromise: true, returnByValue: true }
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', asked)
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }

  /** Waits until an expression is truthy, and gives its value. */
  async until(expression, seconds = 120) {
    const end = performance.now() + 1000 * seconds
    for (;;) {
      const value = await this.evaluate(expression)
      if (value) return value
      if (performance.now() > end) throw new Error(`not within ${seconds} s: ${expression}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async press(key) {
    const code = { key, code: key, windowsVirtualKeyCode: keyCodes[key], ...(key === 'Enter' ? { text: '\r' } : {}) }
    await this.send('Input.dispatchKeyEvent', { type: key === 'Enter' ? 'keyDown' : 'rawKeyDown', ...code })
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...code })
  }

  /** Drops a file of this machine on the middle of an element. */
  async drop(selector, path) {
    const at = await this.evaluate(`(() => {
      const { x, y, width, height } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect()
      return { x: x + width / 2, y: y + Math.min(height, innerHeight - y) / 2 }
    })()`)
    const data = { items: [], files: [path], dragOperationsMask: 1 }
    for (const type of ['dragEnter', 'dragOver', 'drop']) {
      await this.send('Input.dispatchDragEvent', { type, ...at, data })
    }
  }

  /** Chooses files (or one folder) in a file input. */
  async choose(selector, paths) {
    const { root } = await this.send('DOM.getDocument')
    const { nodeId } = await this.send('DOM.querySelector', { nodeId: root.nodeId, selector })
    await this.send('DOM.setFileInputFiles', { nodeId, files: paths })
  }

  async resize(width, height) {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 })
  }

  /** What is seen of the page, or a smaller picture of it, as a PNG file's bytes. */
  async screenshot(scale = 1) {
    const { width, height } = await this.evaluate('({ width: innerWidth, height: innerHeight })')
    const clip = { x: 0, y: 0, width, height, scale }
    const { data } = await this.send('Page.captureScreenshot', { format: 'png', clip })
    return Buffer.from(data, 'base64')
  }
}
