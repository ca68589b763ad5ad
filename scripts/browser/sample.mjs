/*
 * Puts the sample of the browser example in place: the model that `npm run demo` has trained, and a scene that it has
 * not seen.
 *
 *   node scripts/browser/sample.mjs [DEMO_OUTPUT]   (demo-output by default)
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng, synthesizeScene } from '../../packages/datasets/dist/index.js'
import { Rng } from '../../packages/masks/dist/shared/index.js'
import { root } from '../shared/run.mjs'

const demo = process.argv[2] ?? join(root, 'demo-output')
const sample = join(root, 'examples/browser/public/sample')

rmSync(sample, { recursive: true, force: true })
mkdirSync(sample, { recursive: true })
cpSync(join(demo, 'model'), join(sample, 'model'), { recursive: true })
const { image } = synthesizeScene(new Rng('unseen'), { height: 96, width: 128, objects: [5, 5] })
writeFileSync(join(sample, 'scene.png'), encodePng(image))
