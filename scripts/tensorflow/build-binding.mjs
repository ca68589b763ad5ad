/*
 * Builds tfjs-node's own native binding against the libtensorflow inside a Python wheel, for machines where the
 * download that tfjs-node's install script makes is blocked. Needs npm, pip and g++ on Linux x86-64, and about 1 GB.
 *
 *   node scripts/tensorflow/build-binding.mjs [FOLDER]
 *
 * FOLDER (node_modules/.cache/tensorflow by default) receives the wheel and a node_modules folder with tfjs-node in
 * it; NODE_PATH=FOLDER/node_modules shows that to @pixelwise/core.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const tfjsNode = '4.22.0'
const nodeApiHeaders = '1.9.0'
/** The C API is stable within TensorFlow 2; any wheel that carries libtensorflow_cc (2.13 and later) should do. */
const tensorflow = { version: '2.15.1', python: '3.11', abi: 'cp311', platform: 'manylinux_2_17_x86_64' }

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = resolve(process.argv[2] ?? join(root, 'node_modules/.cache/tensorflow'))
const modules = join(folder, 'node_modules')
const library = join(folder, 'wheel/tensorflow')

mkdirSync(folder, { recursive: true })
fetchPackages()
fetchWheel()
compileBinding()
linkSharedPackages()
console.log(`\nNODE_PATH=${modules} makes the tensorflow backend available.`)

/** tfjs-node without its install script, which would download libtensorflow. */
function fetchPackages() {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const wanted = [`@tensorflow/tfjs-node@${tfjsNode}`, `node-api-headers@${nodeApiHeaders}`]
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...wanted])
}

/** Only the files of the wheel matter, so it need not fit the Python at hand. */
function fetchWheel() {
  if (existsSync(join(library, 'libtensorflow_cc.so.2'))) return
  const { version, python, abi, platform } = tensorflow
  const target = ['--target', 'wheel', '--platform', platform, '--python-version', python, '--abi', abi]
  const choice = ['--implementation', 'cp', '--only-binary=:all:', '--no-deps']
  run('python3', ['-m', 'pip', 'install', ...target, ...choice, `tensorflow-cpu==${version}`])
}

function compileBinding() {
  const package_ = join(modules, '@tensorflow/tfjs-node')
  const output = join(package_, 'lib/napi-v8')
  mkdirSync(output, { recursive: true })
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(package_, 'binding', name))
  const headers = [join(modules, 'node-api-headers/include'), join(library, 'include')].map((path) => `-I${path}`)
  const libraries = [`-L${library}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2']
  const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', `-Wl,-rpath,${library}`]
  run('g++', [...flags, ...headers, ...sources, ...libraries, '-o', join(output, 'tfjs_binding.node')])
}

/** tfjs-node must run on the very copies of tfjs that core runs on. */
function linkSharedPackages() {
  for (const name of ['tfjs-core', 'tfjs-layers', 'tfjs-backend-cpu', 'tfjs-backend-webgl']) {
    const link = join(modules, '@tensorflow', name)
    rmSync(link, { recursive: true, force: true })
    symlinkSync(realpathSync(join(root, 'packages/core/node_modules/@tensorflow', name)), link)
  }
}

function run(command, args) {
  console.log(`$ ${command} ${args.slice(0, 3).join(' ')} …`)
  execFileSync(command, args, { cwd: folder, stdio: 'inherit' })
}
