/**
 * The program's roof: gives the commands their actions and the machine's services, and turns outcomes into exit codes.
 * Only src/compose knows the adapters; each of its files is loaded when its command runs.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Console, Effect, Exit, Layer, Logger } from "effect"
import { CliConfig, CliError, CliOutput, Command, GlobalFlag } from "effect/cli"
import packageJson from "../package.json" with { type: "json" }
import type { Actions } from "./cli/Actions.ts"
import { ExitCode } from "./cli/answer.ts"
import { gradewireCommand } from "./cli/gradewire-command.ts"
import { usageCode, usagePresenter } from "./cli/usage-presenter.ts"
import { textLines } from "./runtime/log-lines.ts"

const load = Effect.promise

/** Parts of the program, each read when it is first asked for. */
const pieces = {
  config: load(() => import("./compose/config.ts")),
  check: load(() => import("./compose/check.ts")),
  checkIdentity: load(() => import("./compose/check-identity.ts")),
  offsets: load(() => import("./compose/offsets.ts")),
  offsetMoves: load(() => import("./compose/offset-moves.ts")),
  deadLetters: load(() => import("./compose/dead-letters.ts")),
  trace: load(() => import("./compose/trace.ts")),
  held: load(() => import("./compose/held.ts")),
  lanes: load(() => import("./compose/lanes.ts")),
  snapshot: load(() => import("./compose/snapshot.ts")),
  events: load(() => import("./compose/events.ts")),
  alerts: load(() => import("./compose/alerts.ts")),
  migrate: load(() => import("./compose/migrate.ts")),
  control: load(() => import("./compose/control.ts")),
  verify: load(() => import("./compose/verify.ts")),
  repair: load(() => import("./compose/repair.ts")),
  report: load(() => import("./compose/report.ts")),
  lag: load(() => import("./compose/lag.ts")),
  status: load(() => import("./compose/status.ts")),
  guide: load(() => import("./compose/guide.ts"))
}

const actions: Actions = {
  run: (file, options) =>
    Effect.flatMap(
      load(() => Promise.all([import("./compose/run.ts"), import("./compose/logging.ts")])),
      ([m, logging]) => m.run(file, options).pipe(Effect.provide(logging.layerLogging(options.log)))
    ),
  validate: (file) => Effect.flatMap(pieces.config, (m) => m.validate(file)),
  effective: (file) => Effect.flatMap(pieces.config, (m) => m.effective(file)),
  schema: Effect.map(
    load(() => import("./runtime/json-schema.ts")),
    (m) => m.configJsonSchema()
  ),
  check: (file, parts) => Effect.flatMap(pieces.check, (m) => m.check(file, parts)),
  checkIdentity: (...given) => Effect.flatMap(pieces.checkIdentity, (m) => m.checkIdentity(...given)),
  offsets: (file) => Effect.flatMap(pieces.offsets, (m) => m.offsets(file)),
  moveOffsets: (file, request) => Effect.flatMap(pieces.offsetMoves, (m) => m.move(file, request)),
  offsetMoves: (file, limit) => Effect.flatMap(pieces.offsetMoves, (m) => m.moves(file, limit)),
  letters: (file, filter, limit) => Effect.flatMap(pieces.deadLetters, (m) => m.letters(file, filter, limit)),
  letter: (file, position, reveal) =>
    Effect.flatMap(pieces.deadLetters, (m) => m.letter(file, position, reveal)),
  divide: (file, lanes, execute) => Effect.flatMap(pieces.lanes, (m) => m.divide(file, lanes, execute)),
  settle: (file, request) => Effect.flatMap(pieces.deadLetters, (m) => m.settle(file, request)),
  held: (...given) => Effect.flatMap(pieces.held, (m) => m.held(...given)),
  heldCsv: (...given) => Effect.flatMap(pieces.held, (m) => m.heldCsv(...given)),
  heldResult: (...given) => Effect.flatMap(pieces.held, (m) => m.heldResult(...given)),
  heldExport: (...given) => Effect.flatMap(pieces.held, (m) => m.heldExport(...given)),
  heldResolve: (...given) => Effect.flatMap(pieces.held, (m) => m.heldResolve(...given)),
  heldImport: (...given) => Effect.flatMap(pieces.held, (m) => m.heldImport(...given)),
  heldAside: (...given) => Effect.flatMap(pieces.held, (m) => m.heldAside(...given)),
  relink: (...given) => Effect.flatMap(pieces.held, (m) => m.relink(...given)),
  traceResult: (...given) => Effect.flatMap(pieces.trace, (m) => m.traceResult(...given)),
  traceEmployee: (...given) => Effect.flatMap(pieces.trace, (m) => m.traceEmployee(...given)),
  snapshot: (file, command) => Effect.flatMap(pieces.snapshot, (m) => m.snapshot(file, command)),
  eventsTail: (file, tail, print) => Effect.flatMap(pieces.events, (m) => m.eventsTail(file, tail, print)),
  event: (file, position, reveal) => Effect.flatMap(pieces.events, (m) => m.event(file, position, reveal)),
  testAlerts: (file) => Effect.flatMap(pieces.alerts, (m) => m.testAlerts(file)),
  verify: (file, request, watch) => Effect.flatMap(pieces.verify, (m) => m.verify(file, request, watch)),
  repair: (file, request, watch) => Effect.flatMap(pieces.repair, (m) => m.repair(file, request, watch)),
  reports: (...given) => Effect.flatMap(pieces.report, (m) => m.reports(...given)),
  report: (...given) => Effect.flatMap(pieces.report, (m) => m.report(...given)),
  checkReport: (...given) => Effect.flatMap(pieces.report, (m) => m.checkReport(...given)),
  migrate: (file) => Effect.flatMap(pieces.migrate, (m) => m.migrate(file)),
  control: (file, roles, wish) => Effect.flatMap(pieces.control, (m) => m.control(file, roles, wish)),
  openLag: (file) => Effect.flatMap(pieces.lag, (m) => m.openLag(file)),
  throttle: (file, roles, wish) => Effect.flatMap(pieces.control, (m) => m.throttle(file, roles, wish)),
  status: (file) => Effect.flatMap(pieces.status, (m) => m.status(file)),
  guide: Effect.flatMap(pieces.guide, (m) => m.guide)
}

/** A reader that has seen enough, such as `head`, is no error. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1)
})

const program = gradewireCommand(actions).pipe(
  Command.run({ version: packageJson.version }),
  Effect.catchCause((cause) => {
    const error = Cause.squash(cause)
    if (CliError.isCliError(error)) return Effect.fail(new ExitCode({ code: usageCode(error) }))
    if (Cause.hasInterruptsOnly(cause) || error instanceof ExitCode) return Effect.failCause(cause)
    return Effect.andThen(Console.error(defectText(cause)), Effect.fail(new ExitCode({ code: 1 })))
  }),
  Effect.provide(
    Layer.mergeAll(
      NodeServices.layer,
      // Standard output is for answers alone: programs read them.
      Logger.layer([textLines(false)]),
      CliOutput.layerPresenter(usagePresenter),
      CliConfig.layer({
        builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions, GlobalFlag.LogLevel]
      })
    )
  )
)

const defectText = (cause: Cause.Cause<unknown>): string =>
  [
    `gradewire: Defect: ${Cause.pretty(cause)}`,
    "  fix: this is a fault of gradewire itself; report it with the lines above",
    "  see: docs/operations.md#defect"
  ].join("\n")

const stopsInOrder = process.argv.includes("run")

/**
 * Ends the process once everything printed has left. A driver that still waits for a frozen server must not keep a command
 * from ending that has its answer.
 */
const leave = (code: number): void => {
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)))
}

NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  teardown: (exit) => {
    if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) return leave(stopsInOrder ? 0 : 130)
    const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
    return leave(Exit.isSuccess(exit) ? 0 : error instanceof ExitCode ? error.code : 1)
  }
})
