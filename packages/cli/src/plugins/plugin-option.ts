import { Option } from 'commander'

/** `--plugin`, which may be given several times: modules with layers or backbones of one's own. */
export function pluginOption(): Option {
  return new Option('--plugin <file-or-package>', 'a module with layers or backbones of your own; repeatable')
    .default([], 'none')
    .argParser((name: string, before: readonly string[]) => [...before, name])
}

/** What commands with that option are given. */
export interface PluginFlags {
  readonly plugin: readonly string[]
}
