// Times reading a file into memory in a process of its own: node read.mjs FILE
import { readFileSync } from 'node:fs'

const start = performance.now()
const bytes = readFileSync(process.argv[2])
console.log(
  JSON.stringify({
    seconds: (performance.now() - start) / 1000,
    bytes: bytes.length,
    peakKilobytes: process.resourceUsage().maxRSS,
  }),
)
