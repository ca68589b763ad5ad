import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import { type Command, CommanderError } from 'commander'

/** What commander complains about, in the words of our errors: what, the rule, the next step. */
export function usageError(error: CommanderError, argv: readonly string[], program: Command): PixelwiseError {
  const command = commandOf(argv, program)
  const path = pathOf(command)
  const help = `run "${path} --help"`
  if (error.code === 'commander.help') {
    return new PixelwiseError('usage/no-command', {
      what: `"${path}" needs a command`,
      rule: `known: ${commandsOf(command).join(', ')}`,
      next: help,
    })
  }
  if (error.code === 'commander.unknownOption') {
    return unknown('option', quotedIn(error.message), optionsOf(command), help, path)
  }
  if (error.code === 'commander.unknownCommand') {
    return unknown('command', quotedIn(error.message), commandsOf(command), help, path)
  }
  return new PixelwiseError('usage/wrong', {
    what: error.message.replace(/^error: /, '').replace(/\.$/, ''),
    rule: `usage: ${path} ${command.usage()}`,
    next: help,
  })
}

/** Options that commander takes one by one and that do not go together; answered as it answers wrong use. */
export function wrongUse(what: string): CommanderError {
  return new CommanderError(2, 'pixelwise.wrongUse', what)
}

/** Refuses texts without a letter, which are variables of a shell that were never set. */
export function refuseEmpty(command: Command): void {
  const options = command.options.filter((option) => isEmpty(command.getOptionValue(option.attributeName())))
  for (const { flags } of options) throw wrongUse(`option '${flags}' is empty`)
  for (const [i, argument] of command.registeredArguments.entries()) {
    if (isEmpty(command.processedArgs[i])) throw wrongUse(`argument '${argument.name()}' is empty`)
  }
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.includes(''))
}

function unknown(kind: string, typed: string, known: readonly string[], help: string, path: string): PixelwiseError {
  const near = nearestName(typed, known)
  return new PixelwiseError(`usage/unknown-${kind}`, {
    what: `unknown ${kind} "${typed}" of "${path}"`,
    rule: `known: ${known.join(', ')}`,
    next: near === undefined ? help : `did you mean "${near}"?`,
  })
}

/** The deepest command that the arguments name. */
function commandOf(argv: readonly string[], program: Command): Command {
  let command = program
  for (const word of argv.filter((argument) => !argument.startsWith('-'))) {
    const next = command.commands.find((child) => child.name() === word)
    if (next === undefined) break
    command = next
  }
  return command
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

function optionsOf(command: Command): string[] {
  const help = command.createHelp()
  return help.visibleOptions(command).flatMap(({ long }) => (long == null ? [] : [long]))
}

function commandsOf(command: Command): string[] {
  return command.commands.map((child) => child.name())
}

function quotedIn(message: string): string {
  return /'([^']*)'/.exec(message)?.[1] ?? message
}
