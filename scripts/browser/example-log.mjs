import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { root } from '../shared/run.mjs'

/** What is served, in bytes: as it is and gzipped. */
export function sizes(dist) {
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.map((entry) => {
    const bytes = readFileSync(join(entry.parentPath ?? entry.path, entry.name))
    return { name: entry.name, plain: bytes.length, gzip: gzipSync(bytes).length }
  })
}

export function writeLog({ runs, onnxRuns, version, files, fetched, onnxFetched, picture }) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root }).toString().trim()
  const machine = `${cpus()[0].model.trim()}, ${availableParallelism()} cores`
  const names = (addresses) => new Set(addresses.map((address) => basename(new URL(address).pathname)))
  const started = names(fetched)
  const [runtime, onGpu] = ['wasm', 'webgpu'].map((backend) => names(onnxFetched[backend]))
  const scripts = (fetchedThen) => files.filter(({ name }) => name.endsWith('.js') && fetchedThen.has(name))
  const binaries = (fetchedThen) => files.filter(({ name }) => name.endsWith('.wasm') && fetchedThen.has(name))
  const parts = {
    'all scripts, style and page': files.filter(({ name }) => /\.(js|css|html)$/.test(name)),
    'of these, fetched until the model folder is ready on wasm': files.filter(
      ({ name }) => /\.(js|css)$/.test(name) && started.has(name),
    ),
    'the wasm file fetched then (one of three)': binaries(started),
    'ONNX Runtime, fetched with the first ONNX file: scripts': scripts(runtime),
    'its wasm file': binaries(runtime),
    'ONNX Runtime for webgpu, fetched when switched to: scripts': scripts(onGpu),
    'its wasm file there': binaries(onGpu),
    'the sample model': files.filter(({ name }) => /\.bin$|^(model|pixelwise)\.json$/.test(name)),
  }
  const kilobytes = (of, key) => `${(of.reduce((sum, file) => sum + file[key], 0) / 1000).toFixed(0)} kB`
  const text = `# The example in a browser

Written by \`node scripts/browser/example.mjs\` at commit ${commit} on ${machine}, in ${version}. webgl and webgpu
run on SwiftShader, which emulates a GPU on the processor: their times say nothing about a real one, and other work may have
shared the processor.

![The page with its sample](figures/browser.png)

[The page](../examples/browser) is built from packed packages and used as a person would: pictures dropped or chosen,
backends switched, a folder and an ONNX file chosen as model, the camera (Chromium's test pattern), keys alone, files that
are no picture and no model, and all of it again after the server has gone. Its label maps are compared with those of
\`predictLabels\` in Node (wasm, one thread) for the same model, as a folder and as the ONNX file that
\`pixelwise export-onnx\` makes of it, and ${runs[0].pixels.toLocaleString('en')} pixels of pictures that the net has not seen; at
least 99.9 % must be equal.

| model | backend | pixels equal to Node's | time per frame of 160×120, median of 3 |
| ----- | ------- | ---------------------- | -------------------------------------- |
${[...runs.map((run) => row('folder', run)), ...onnxRuns.map((run) => row('ONNX file', run))].join('\n')}

| what is fetched | as it is | gzipped |
| --------------- | -------- | ------- |
${Object.entries(parts)
  .map(([name, of]) => `| ${name} | ${kilobytes(of, 'plain')} | ${kilobytes(of, 'gzip')} |`)
  .join('\n')}
`
  writeFileSync(join(root, 'docs/browser-example.md'), text)
  cpSync(picture, join(root, 'docs/figures/browser.png'))
}

function row(model, { backend, equal, pixels, milliseconds }) {
  return `| ${model} | ${backend} | ${((100 * equal) / pixels).toFixed(3)} % | ${milliseconds} ms |`
}
