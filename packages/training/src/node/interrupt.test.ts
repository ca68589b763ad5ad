import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { interruptSignal } from './interrupt.js'

class Quit extends Error {}

function fakeProcess() {
  const written: string[] = []
  const host = Object.assign(new EventEmitter(), {
    exit: (code: number): never => {
      throw new Quit(`exit ${code}`)
    },
    stderr: { write: (text: string) => written.push(text) },
  })
  return { host, written }
}

test('the first Ctrl-C asks to stop and says how to quit; the second quits', () => {
  const { host, written } = fakeProcess()
  const { signal } = interruptSignal({ process: host })
  expect(signal.aborted).toBe(false)
  host.emit('SIGINT')
  expect(signal.aborted).toBe(true)
  expect(written).toEqual(['\nfinishing the step and saving; press Ctrl-C again to quit at once\n'])
  expect(() => host.emit('SIGINT')).toThrow('exit 130')
})

test('listens to this process and stops listening when disposed', () => {
  const before = process.listenerCount('SIGINT')
  const interrupt = interruptSignal()
  expect(process.listenerCount('SIGINT')).toBe(before + 1)
  interrupt.dispose()
  expect(process.listenerCount('SIGINT')).toBe(before)
})
