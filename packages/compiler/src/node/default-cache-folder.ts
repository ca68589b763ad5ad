import { homedir, platform } from 'node:os'
import { join } from 'node:path'

/** Where this system keeps what can be made again: `pixelwise/compiled` in the user's folder for caches. */
export function defaultCacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = env
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'pixelwise', 'compiled')
  if (platform() === 'win32') return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'pixelwise', 'compiled')
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Caches', 'pixelwise', 'compiled')
  return join(homedir(), '.cache', 'pixelwise', 'compiled')
}
