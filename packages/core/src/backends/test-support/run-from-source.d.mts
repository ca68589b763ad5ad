/**
 * Runs an ES module text in a fresh Node process, where `@pixelwise/*` is our source, and returns what it printed as
 * JSON on its last line of standard output. A process that does not exit by itself within `timeout` ms is an error.
 */
export function runFromSource(
  script: string,
  options?: { env?: Record<string, string>; timeout?: number },
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the script prints; the caller's expectations check it.
): Promise<any>
