import ts from 'typescript'

export interface Snippet {
  /** `js`, `ts`, `sh` …: the first word after the fence. */
  readonly language: string
  /** Further words after the fence: `runnable`. */
  readonly marks: readonly string[]
  /** Further words with a value: `not-run="needs a GPU"`. */
  readonly values: ReadonlyMap<string, string>
  readonly code: string
  /** Line of the first line of code, counted from 1. */
  readonly line: number
}

/** The fenced code blocks of a Markdown text in order of appearance. */
export function snippetsOf(markdown: string): Snippet[] {
  const snippets: Snippet[] = []
  let open: { info: string; lines: string[]; line: number } | undefined
  markdown.split(/\r?\n/).forEach((line, index) => {
    if (open === undefined && /^\s+```/.test(line)) throw new Error(`the code block in line ${index + 1} is indented`)
    if (!line.startsWith('```')) {
      open?.lines.push(line)
    } else if (open === undefined) {
      open = { info: line.slice(3).trim(), lines: [], line: index + 2 }
    } else {
      snippets.push({ ...readInfo(open.info), code: open.lines.join('\n'), line: open.line })
      open = undefined
    }
  })
  if (open !== undefined) throw new Error(`the code block that starts in line ${open.line - 1} never ends`)
  return snippets
}

/** The words behind a fence: `sh runnable`, `js file="label.mjs"`. */
function readInfo(info: string): Pick<Snippet, 'language' | 'marks' | 'values'> {
  const values = new Map([...info.matchAll(/(\S+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
  const [language = '', ...marks] = info
    .replace(/\S+="[^"]*"/g, '')
    .split(/\s+/)
    .filter(Boolean)
  return { language, marks, values }
}

export function isProgram({ language }: Snippet): boolean {
  return ['js', 'ts', 'javascript', 'typescript'].includes(language)
}

/** The arguments of every `npm install …` among shell snippets. */
export function installCommands(snippets: readonly Snippet[]): string[][] {
  return shellLines(snippets)
    .filter((line) => /^npm (install|i) /.test(line))
    .map((line) => line.split(/\s+/).slice(2))
}

/** The lines of shell snippets marked `runnable`. */
export function runnableCommands(snippets: readonly Snippet[]): string[] {
  return shellLines(snippets.filter(({ marks }) => marks.includes('runnable')))
}

/** The commands of shell snippets, one a line, without comments. */
export function shellLines(snippets: readonly Snippet[]): string[] {
  return snippets
    .filter(({ language }) => language === 'sh' || language === 'bash')
    .flatMap(({ code }) => code.split('\n'))
    .map((line) => line.replace(/\s#\s.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/**
 * What a snippet promises to print: the comments that stand behind its `console.log(…)` lines, in order.
 */
export function promisedOutput(code: string): string[] {
  return [...code.matchAll(/^\s*console\.log\(.*\)[ \t]*\/\/\s?(?:→\s*)?(.+)$/gm)].map(([, promised]) =>
    promised.trim(),
  )
}

/** JavaScript from a TypeScript snippet. */
export function withoutTypes(code: string): string {
  return ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
  }).outputText
}

/** The type errors of a file under the strictest common settings, resolving packages as Node does from its folder. */
export function typeErrors(file: string, typeRoots: string): string[] {
  const program = ts.createProgram([file], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    typeRoots: [typeRoots],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  })
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}
