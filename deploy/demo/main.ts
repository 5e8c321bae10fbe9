/** `node deploy/demo/main.ts`: see {@link USAGE}. */
import { parseArguments } from "./options.ts"
import { INTERRUPTED, runDemo } from "./run-demo.ts"
import { Screen } from "./Screen.ts"

const parsed = parseArguments(process.argv.slice(2))
if ("usage" in parsed) {
  const out = parsed.exitCode === 0 ? process.stdout : process.stderr
  out.write(parsed.usage)
  process.exitCode = parsed.exitCode
} else {
  const screen = new Screen(process.stdout)
  const abort = new AbortController()
  // the second one does not wait: guards beside the servers end them with this process
  const interrupt = (): void => (abort.signal.aborted ? process.exit(130) : abort.abort(INTERRUPTED))
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, interrupt)
  try {
    process.exitCode = await runDemo(parsed.options, screen, abort)
  } catch (error) {
    if (abort.signal.reason === INTERRUPTED) process.exitCode = 130
    else {
      process.stderr.write(`\ndemo: ${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 1
    }
  }
  // idle sockets of a failed start must not keep it alive
  process.exit()
}
