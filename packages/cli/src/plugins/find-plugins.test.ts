import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../test-support/run-main.js'
import { findPlugins, pluginNameIn } from './find-plugins.js'

let here: string
const put = (path: string, text = '') => {
  const file = join(here, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

beforeEach(() => {
  here = realpathSync(temporaryFolder())
  vi.spyOn(process, 'cwd').mockReturnValue(here)
})
afterEach(() => vi.restoreAllMocks())

test('a path counts from the folder that is given, with and without ./', () => {
  const file = put('configs/own.mjs')
  for (const name of ['./own.mjs', 'own.mjs', file]) {
    expect(findPlugins([name], join(here, 'configs'))).toEqual([{ name, file, isPackage: false }])
  }
  expect(findPlugins(['configs/own.mjs'])).toMatchObject([{ file }])
})

test.each([
  ['plain', { main: 'main.js' }, 'main.js'],
  ['exported', { exports: './own.js' }, 'own.js'],
  ['@scope/for-import', { exports: { import: './own.js' } }, 'own.js'],
  ['for-both', { exports: { '.': { types: './own.d.ts', require: './own.cjs', import: './own.js' } } }, 'own.js'],
  ['nested', { exports: { '.': { import: { browser: './no.js', default: './own.js' } } } }, 'own.js'],
])('package %s is found where the command runs, as import finds it', (name, manifest, entry) => {
  put(`node_modules/${name}/package.json`, JSON.stringify({ name, ...manifest }))
  const file = put(`node_modules/${name}/${entry}`)
  expect(findPlugins([name], 'elsewhere')).toEqual([{ name, file, isPackage: true }])
})

test('a part of a package is found by what it exports, or by its path', () => {
  put('node_modules/parts/package.json', JSON.stringify({ exports: { './layers': { import: './src/layers.js' } } }))
  put('node_modules/files/package.json', '{}')
  const files = [put('node_modules/parts/src/layers.js'), put('node_modules/files/layers.mjs')]
  expect(findPlugins(['parts/layers', 'files/layers.mjs']).map(({ file }) => file)).toEqual(files)
})

test('what is neither a file nor a package is told', () => {
  mkdirSync(join(here, 'folder'))
  for (const name of ['./laye.mjs', './folder', join(here, 'laye.mjs')]) {
    expect(() => findPlugins([name])).toThrow(
      `cannot find plugin ${name}: there is no file ${join(here, name.replace(here, ''))}: a plugin is a file, as in ./layer.mjs, or an installed package; check the path, or install the package`,
    )
  }
  for (const name of ['laye.mjs', 'pixelwise-nothing', '@scope', '']) {
    expect(() => findPlugins([name])).toThrow(
      `cannot find plugin ${name}: there is no file ${join(here, name)}, and no package of that name here: a plugin is a file`,
    )
  }
})

test('settings in a folder name a file by its way from there, and a package by its name', () => {
  const [own, above] = [put('runs/own.mjs'), put('own.mjs')]
  const found = (file: string) => ({ name: relative(here, file), file, isPackage: false })
  expect(pluginNameIn(join(here, 'runs'), found(own))).toBe('./own.mjs')
  expect(pluginNameIn('runs/a/', found(above))).toBe('../../own.mjs')
  expect(pluginNameIn(here, { name: 'package', file: above, isPackage: true })).toBe('package')
})
