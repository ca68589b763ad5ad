import { expect, test } from 'vitest'
import { ConfigFile } from './config-file.js'

const text = `# a comment
solver:
  momentum: 1.2
  learnignRate: 0.1
steps: many
engine: wsm
list:
  - 1
  - two
`

/** The message of all problems that a reading finds. */
function problems(source: string, read: (file: ConfigFile) => void): string {
  const file = new ConfigFile(source, 'train.yaml')
  read(file)
  try {
    file.finish()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'none'
}

test('every problem is told at once, with line, value and rule, in the order of lines', () => {
  const message = problems(text, ({ root }) => {
    root.get('engine').choice(['wasm', 'cpu'])
    root.get('list').list((item) => item.number({ above: 0 }))
    root.get('steps').number({ least: 1, whole: true })
    const solver = root.get('solver').mapping(['momentum', 'learningRate'])
    solver?.get('momentum').number({ least: 0, below: 1 })
    solver?.get('learningRate').required((field) => field.number(), 'a number above 0')
    root.get('out').required((field) => field.text(), 'a folder')
  })
  expect(
    message,
  ).toBe(`train.yaml has 7 problems: a configuration is YAML or JSON, with settings that are known and fit; begin with the commented example of "pixelwise init", or mend these lines:
  line 1: out is missing, expected a folder
  line 2: solver.learningRate is missing, expected a number above 0
  line 3: solver.momentum is 1.2, expected a number, at least 0 and below 1
  line 4: solver.learnignRate is unknown; did you mean "learningRate"?
  line 5: steps is "many", expected a whole number, at least 1
  line 6: engine is "wsm", expected one of wasm, cpu; did you mean "wasm"?
  line 9: list[1] is "two", expected a number, above 0`)
})

test('JSON is read as YAML is, and sound values come through', () => {
  const file = new ConfigFile('{\n  "rate": 1e-10,\n  "name": "fcn",\n  "sizes": [1, 2]\n}', 'train.json')
  expect(file.root.get('rate').number({ above: 0 })).toBe(1e-10)
  expect(file.root.get('name').text()).toBe('fcn')
  expect(file.root.get('sizes').list((item) => item.number())).toEqual([1, 2])
  expect(file.root.get('absent').number()).toBeUndefined()
  file.finish()
})

test('a number that is none is told as it stands', () => {
  expect(
    problems('steps: .nan\nrate: -.inf\n', ({ root }) => [root.get('steps').number(), root.get('rate').number()]),
  ).toBe(
    `train.yaml has 2 problems: a configuration is YAML or JSON, with settings that are known and fit; begin with the commented example of "pixelwise init", or mend these lines:
  line 1: steps is NaN, expected a number
  line 2: rate is -Infinity, expected a number`,
  )
})

test('what is not YAML is told by line', () => {
  const broken = problems('a: 1\nb: [1, 2\nc: 3\n', ({ root }) => root.get('x').required((x) => x.text(), 'x'))
  expect(broken).toMatch(/^train\.yaml has \d problems?: .* mend these lines:(\n {2}line [34]: .*)+$/)
  expect(broken).not.toContain('missing')
  expect(problems('a: 1\na: 2\n', () => {})).toContain('\n  line 2: Map keys must be unique')
  expect(problems('- 1\n', ({ root }) => root.mapping(['steps']))).toContain(
    '\n  line 1: the file is [1], expected a mapping of names to values',
  )
})
