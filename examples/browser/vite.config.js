import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** Pages of this kind alone may share memory between threads, which wasm uses. */
const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export default defineConfig({
  base: './',
  build: { target: 'esnext', chunkSizeWarningLimit: 2000 },
  // Finds its wasm beside its own file, which the development server would move.
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  server: { headers: isolated },
  preview: { headers: isolated },
  plugins: [wasmFiles(fileURLToPath(new URL('public/wasm', import.meta.url)))],
})

/** Puts the binaries of the wasm backend beside the page; `useBackend` is told where. */
function wasmFiles(folder) {
  return {
    name: 'wasm-files',
    buildStart() {
      const from = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'))
      mkdirSync(folder, { recursive: true })
      for (const file of readdirSync(join(from, 'dist')).filter((name) => name.endsWith('.wasm'))) {
        cpSync(join(from, 'dist', file), join(folder, file))
      }
    },
  }
}
