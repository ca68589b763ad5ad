import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { repository } from './support/packages.js'
import { run } from './support/run.js'

const data = join(repository, '../shared/data/lenet_mnist')
const script = join(repository, 'examples/digit-strings/read-strings.mjs')

describe('examples/digit-strings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pixelwise-digits-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.skipIf(!existsSync(data))('LeNet reads strings of digits with the weights of Caffe', async () => {
    const files = [
      ['--weights', join(data, 'examples/mnist/lenet_iter_10000.caffemodel')],
      ['--images', join(data, 'mnist/t10k-images-idx3-ubyte.gz')],
      ['--labels', join(data, 'mnist/t10k-labels-idx1-ubyte.gz')],
    ].flat()
    const args = [script, ...files, '--strings', '40', '--out', folder]
    const { code, stdout } = await run(process.execPath, args, { cwd: folder })
    expect(code).toBe(0)
    const [, digits] = stdout.match(/^([\d.]+) % of 200 digits and [\d.]+ % of 40 strings read\n$/) ?? []
    // A digit drawn by lot is right in one of ten cases.
    expect(Number(digits)).toBeGreaterThan(85)
    expect(readFileSync(join(folder, 'strings.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s)
  })

  test('says what is missing', async () => {
    const { code, stdout, stderr } = await run(process.execPath, [script], { cwd: folder })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(
      'missing: data/lenet_iter_10000.caffemodel, data/t10k-images-idx3-ubyte.gz, data/t10k-labels-idx1-ubyte.gz\n',
    )
  })
})
