import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import { type Command, CommanderError } from 'commander'

/**
 * What commander complains about, in the words of our errors: what, the rule, the next step.
 *
 * @param command the command that was being read
 */
export function usageError(error: CommanderError, argv: readonly string[], command: Command): PixelwiseError {
  switch (error.code) {
    case 'commander.help':
      return argv.includes('help') ? unknownCommand(argv[argv.indexOf('help') + 1], command) : noCommand(command)
    case 'commander.unknownCommand':
      return unknownCommand(quotedIn(error.message), command)
    case 'commander.unknownOption':
      return unknownOption(quotedIn(error.message), command)
    case 'commander.missingMandatoryOptionValue':
      return mistypedOption(argv, command) ?? wrong(error, command)
    case 'commander.invalidArgument':
      return wrongChoice(error, command) ?? wrong(error, command)
    case 'commander.excessArguments':
      return mistypedCommand(argv, command) ?? wrong(error, command)
    default:
      return wrong(error, command)
  }
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

function noCommand(command: Command): PixelwiseError {
  return new PixelwiseError('usage/no-command', {
    what: `"${pathOf(command)}" needs a command`,
    rule: `known: ${commandsOf(command).join(', ')}`,
    next: helpOf(command),
  })
}

function wrong({ message }: CommanderError, command: Command): PixelwiseError {
  return new PixelwiseError('usage/wrong', {
    what: message.replace(/^error: /, '').replace(/\.$/, ''),
    rule: `usage: ${pathOf(command)} ${command.usage()}`,
    next: helpOf(command),
  })
}

function unknownCommand(typed: string, command: Command): PixelwiseError {
  return unknown(`command "${typed}" of "${pathOf(command)}"`, typed, commandsOf(command), command)
}

function unknownOption(typed: string, command: Command): PixelwiseError {
  const name = nameIn(typed)
  return unknown(`option "${name}" of "${pathOf(command)}"`, name, optionsOf(command), command)
}

/** Commander misses the option that is required before it sees the mistyped one that stands for it. */
function mistypedOption(argv: readonly string[], command: Command): PixelwiseError | undefined {
  const known = optionsOf(command)
  const typed = argv.find((word) => word.startsWith('--') && !known.includes(nameIn(word)))
  return typed === undefined ? undefined : unknownOption(typed, command)
}

/** Words after a command whose default was taken, as none of its own was named, are a mistyped one. */
function mistypedCommand(argv: readonly string[], command: Command): PixelwiseError | undefined {
  const { parent, args } = command
  return parent === null || argv.includes(command.name()) ? undefined : unknownCommand(args[0], parent)
}

function wrongChoice({ message }: CommanderError, command: Command): PixelwiseError | undefined {
  const [, flags, typed] = /option '([^']*)' argument '(.*)' is invalid/.exec(message) ?? []
  const choices = command.options.find((option) => option.flags === flags)?.argChoices
  return choices === undefined ? undefined : unknown(`choice "${typed}" for '${flags}'`, typed, choices, command)
}

function unknown(what: string, typed: string, known: readonly string[], command: Command): PixelwiseError {
  const near = nearestName(typed, known)
  return new PixelwiseError('usage/unknown', {
    what: `unknown ${what}`,
    rule: `known: ${known.join(', ')}`,
    next: near === undefined ? helpOf(command) : `did you mean "${near}"?`,
  })
}

function helpOf(command: Command): string {
  return `run "${pathOf(command)} --help"`
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

/** `--out=x` → `--out`. */
function nameIn(word: string): string {
  return word.split('=')[0]
}
