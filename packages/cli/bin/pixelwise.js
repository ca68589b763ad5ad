#!/usr/bin/env node
import { main } from '../dist/index.js'

// A reader that stops reading, as `head` does, is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error
  })
}
process.exitCode = await main(process.argv.slice(2))
