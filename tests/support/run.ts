import { spawn } from 'node:child_process'

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end. Its arguments hold no spaces, so Windows may start it through a shell. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      // pnpm's launchers set NODE_PATH, which would show packages that are not installed there.
      // Tests run side by side: with a thread each, two programs take two thirds of the time.
      env: { ...process.env, NODE_PATH: '', FORCE_COLOR: '0', PIXELWISE_THREADS: '1', ...options.env },
      shell: process.platform === 'win32' && command !== process.execPath,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** Runs a command that must succeed; a failure shows all that it printed. */
export async function mustRun(...command: Parameters<typeof run>): Promise<Finished> {
  const finished = await run(...command)
  if (finished.code !== 0) {
    const [name, args, { cwd }] = command
    throw new Error(
      `${name} ${args.join(' ')} (in ${cwd}) exited ${finished.code}\n${finished.stdout}\n${finished.stderr}`,
    )
  }
  return finished
}
