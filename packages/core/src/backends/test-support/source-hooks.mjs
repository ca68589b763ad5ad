import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const packages = new URL('../../../../', import.meta.url)
const testing = new URL('../internal/testing/src/index.ts', packages).href

/** Node module hooks that run the packages of this repository from their TypeScript source. */
export async function resolve(specifier, context, next) {
  if (specifier === '#platform') return next(new URL('core/src/node/platform.ts', packages).href, context)
  if (specifier === '@pixelwise/testing') return next(testing, context)
  const ours = /^@pixelwise\/([^/]+)(\/.+)?$/.exec(specifier)
  if (ours) return next(new URL(`${ours[1]}/src${ours[2] ?? ''}/index.ts`, packages).href, context)
  const relativeInSource = specifier.startsWith('.') && context.parentURL?.endsWith('.ts')
  return next(relativeInSource ? specifier.replace(/\.js$/, '.ts') : specifier, context)
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context)
  const { outputText } = ts.transpileModule(readFileSync(fileURLToPath(url), 'utf8'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    fileName: fileURLToPath(url),
  })
  return { format: 'module', source: outputText, shortCircuit: true }
}
