import { expect, test } from 'vitest'
import { runMain } from '../../test-support/run-main.js'

// What is found depends on the machine; wasm and cpu are dependencies, and a page's canvas is nowhere in Node.
test('lists every backend, available or why not, and which is chosen', async () => {
  const { code, stdout } = await runMain('backends', '--json')
  const { chosen, started, backends, engines } = JSON.parse(stdout)
  expect(code).toBe(0)
  expect(started).toBe(false)
  expect(backends.map(({ name }: { name: string }) => name)).toEqual(['tensorflow', 'webgpu', 'webgl', 'wasm', 'cpu'])
  const automatic = backends.filter(({ automatic }: { automatic: boolean }) => automatic)
  expect(automatic).toEqual([expect.objectContaining({ name: chosen, available: true })])
  expect(backends[2]).toEqual(expect.objectContaining({ available: false, reason: expect.stringContaining('Node') }))
  expect(backends[4]).toEqual(expect.objectContaining({ available: true }))

  // ONNX Runtime is an optional peer.
  const { compiled } = engines
  expect(engines.automatic).toBe(compiled.available ? 'compiled' : chosen)

  const text = (await runMain('backends')).stdout
  expect(text.split('\n').map((line) => line.slice(0, 12).trimEnd())).toEqual([
    ...backends.map((each: { name: string; available: boolean; automatic: boolean }) => {
      return `${each.automatic ? '*' : each.available ? '+' : '-'} ${each.name}`
    }),
    '',
    `${compiled.available ? '*' : '-'} compiled`,
    '',
  ])
})

test('starts the one asked for and reports it', async () => {
  const { code, stdout } = await runMain('backends', '--use', 'cpu', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ chosen: 'cpu', started: true, why: 'it was asked for', threads: 1 })
  expect((await runMain('backends', '--use', 'cpu')).stdout).toMatch(
    /^\* cpu +it was asked for \(threads 1\)\n- tensorflow /,
  )
})

test('says why the one asked for cannot be used', async () => {
  const { code, stdout, stderr } = await runMain('backends', '--use', 'webgl')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatchInlineSnapshot(`
    "error: backend "webgl" is not available here: it draws on a canvas, which Node has not; choose webgpu to use a GPU from Node
    "
  `)
})
