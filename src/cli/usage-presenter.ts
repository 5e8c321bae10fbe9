/** Help that was asked for goes to standard output; what was typed wrongly is answered in three lines on standard error. */
import { Console, Effect } from "effect"
import { CliOutput, type CliError } from "effect/cli"
import { UNKNOWN, WRONG_USAGE } from "./answer.ts"

const isPlugin = (commandPath: ReadonlyArray<string>): boolean =>
  commandPath.join(" ") === "gradewire check lag"

export const usageCode = (error: CliError.CliError): number =>
  error._tag === "ShowHelp" && isPlugin(error.commandPath) ? UNKNOWN : WRONG_USAGE

export const usagePresenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.andThen(
          isPlugin(event.commandPath) ? Console.log("GRADEWIRE UNKNOWN - wrong usage") : Effect.void,
          Console.error(usageText(event.commandPath, event.errors))
        )
      : event._tag === "Version"
        ? Console.log(`${event.name} ${event.version}`)
        : event.reason === "Implicit"
          ? toStandardError(event)
          : CliOutput.defaultPresenter.present(event)
}

/** A command group without its subcommand: the help is the answer, but nobody asked for it on standard output. */
const toStandardError = (event: CliOutput.Presenter.Help): Effect.Effect<void> =>
  Console.error(CliOutput.defaultFormatter({ colors: false }).formatHelpDoc(event.helpDoc))

const usageText = (
  commandPath: ReadonlyArray<string>,
  errors: ReadonlyArray<CliError.NonShowHelpErrors>
): string =>
  [...errors.map((error) => `gradewire: ${oneLine(error)}`), `  see: ${commandPath.join(" ")} --help`].join(
    "\n"
  )

const oneLine = (error: CliError.NonShowHelpErrors): string =>
  error._tag === "MissingOption" && error.option === "config"
    ? "--config FILE is missing, and GRADEWIRE_CONFIG is not set"
    : error.message
        .replace(/\s*\n\s*/g, " ")
        // A flag's own words begin like the library's.
        .replace(". Expected: expected ", ": expected ")
        .trim()
