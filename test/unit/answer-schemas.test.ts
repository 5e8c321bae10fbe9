/** The schemas of answers and the types that the program prints from say the same, to the field. */
import { describe, expect, it } from "vitest"
import { ANSWER_SCHEMAS } from "../../schemas/answer-list.ts"
import type {
  ControlAnswer,
  LagAnswer,
  MoveAnswer,
  RepairAnswer,
  ReportCheckAnswer,
  StatusAnswer
} from "../../schemas/answers.ts"
import type {
  AsideAnswer,
  DeadLettersAnswer,
  EmployeeTraceAnswer,
  HeldAnswer,
  HeldOneAnswer,
  LetterAnswer,
  RelinkAnswer,
  ResolutionAnswer,
  SettlementAnswer,
  TraceAnswer
} from "../../schemas/answers-people.ts"
import type {
  AlertsTestAnswer,
  CheckAnswer,
  EventAnswer,
  ExplainAnswer,
  LanesAnswer,
  MigrateAnswer,
  SnapshotAnswer
} from "../../schemas/answers-setup.ts"
import { answered } from "../support/answer-schema.ts"
import { runCommand } from "../support/run-command.ts"
import type { Relinked } from "../../src/apply/HeldDesk.ts"
import type { Settlement } from "../../src/apply/settle-letters.ts"
import type {
  Actions,
  AlertTest,
  ControlView,
  LanesView,
  LetterList,
  LetterView,
  Migrated,
  PartFinding,
  SnapshotView
} from "../../src/cli/Actions.ts"
import type { HeldAside, HeldList, HeldResolution, HeldView } from "../../src/cli/HeldAnswer.ts"
import type { LagSample } from "../../src/cli/LagSample.ts"
import type { LoggedEventView } from "../../src/cli/LoggedEvents.ts"
import type { MoveView } from "../../src/cli/OffsetMoves.ts"
import type { PipelineStatus } from "../../src/cli/PipelineStatus.ts"
import type { RepairView, ReportCheck } from "../../src/cli/Reconciliation.ts"
import type { EmployeeTrace, ResultTrace } from "../../src/cli/Trace.ts"
import type { RunbookEntry } from "../../src/cli/runbook.ts"

/** The compiler refuses this file where one has a field, or a value, that the other lacks. */
type Same<A, B> = [A, B] extends [B, A] ? true : never
const SAME: {
  readonly status: Same<PipelineStatus, typeof StatusAnswer.Type>
  readonly lag: Same<LagSample, typeof LagAnswer.Type>
  readonly held: Same<HeldList["results"], typeof HeldAnswer.Type>
  readonly heldOne: Same<HeldView, typeof HeldOneAnswer.Type>
  readonly resolution: Same<HeldResolution, typeof ResolutionAnswer.Type>
  readonly aside: Same<HeldAside, typeof AsideAnswer.Type>
  readonly relink: Same<Relinked, typeof RelinkAnswer.Type>
  readonly letters: Same<LetterList["letters"], typeof DeadLettersAnswer.Type>
  readonly letter: Same<LetterView, typeof LetterAnswer.Type>
  readonly settlement: Same<Settlement, typeof SettlementAnswer.Type>
  readonly trace: Same<ResultTrace, typeof TraceAnswer.Type>
  readonly employee: Same<EmployeeTrace, typeof EmployeeTraceAnswer.Type>
  readonly move: Same<MoveView, typeof MoveAnswer.Type>
  readonly repair: Same<RepairView, typeof RepairAnswer.Type>
  readonly reportCheck: Same<ReportCheck, typeof ReportCheckAnswer.Type>
  readonly control: Same<ControlView, typeof ControlAnswer.Type>
  readonly check: Same<ReadonlyArray<PartFinding>, (typeof CheckAnswer.Type)["findings"]>
  readonly migrate: Same<Migrated, typeof MigrateAnswer.Type>
  readonly explain: Same<RunbookEntry, typeof ExplainAnswer.Type>
  readonly alerts: Same<ReadonlyArray<AlertTest>, (typeof AlertsTestAnswer.Type)["webhooks"]>
  readonly snapshot: Same<SnapshotView, typeof SnapshotAnswer.Type>
  readonly lanes: Same<LanesView, typeof LanesAnswer.Type>
  readonly event: Same<LoggedEventView, typeof EventAnswer.Type>
} = {
  status: true,
  lag: true,
  held: true,
  heldOne: true,
  resolution: true,
  aside: true,
  relink: true,
  letters: true,
  letter: true,
  settlement: true,
  trace: true,
  employee: true,
  move: true,
  repair: true,
  reportCheck: true,
  control: true,
  check: true,
  migrate: true,
  explain: true,
  alerts: true,
  snapshot: true,
  lanes: true,
  event: true
}

/** Help needs nothing of what commands do. */
const NO_ACTIONS = {} as Actions

/** `  list       What it does`, below SUBCOMMANDS. */
const subcommands = (help: string): ReadonlyArray<string> =>
  [...(/^SUBCOMMANDS\n((?: {2}.*\n?)+)/m.exec(help)?.[1] ?? "").matchAll(/^ {2}(\S+)/gm)].map(
    ([, name]) => name!
  )

/** Every command of the tree that can answer in JSON. */
const jsonCommands = async (path: ReadonlyArray<string> = []): Promise<ReadonlyArray<string>> => {
  const { out } = await runCommand(NO_ACTIONS, [...path, "--help"])
  const found = /^ {2}--output, .*\bjson\b/m.test(out) ? [path.join(" ")] : []
  for (const name of subcommands(out)) found.push(...(await jsonCommands([...path, name])))
  return found
}

describe("the schema of an answer", () => {
  it("says what the program's own type says (G4)", () => {
    expect(Object.values(SAME)).not.toContain(false)
  })

  it("is there for every command that answers in JSON, and for no other (G4)", async () => {
    const commands = await jsonCommands()
    expect(commands.length).toBeGreaterThan(30)
    const described = Object.values(ANSWER_SCHEMAS).flatMap(({ commands: all }): ReadonlyArray<string> => all)
    expect([...new Set(described)].toSorted()).toEqual(commands.toSorted())
  })

  it("refuses what lacks a field, and takes one that a later release adds (G4)", () => {
    const lag = {
      connector: "lms-hr",
      lagSeconds: null,
      heartbeatAgeSeconds: 0.5,
      readSeconds: null,
      publishSeconds: null,
      applySeconds: null,
      held: 0,
      deadLetters: 0,
      paused: [],
      trouble: null
    }
    expect(answered("lag", JSON.stringify({ ...lag, later: 1 }))).toMatchObject(lag)
    expect(() => answered("lag", JSON.stringify({ ...lag, held: undefined }))).toThrow(/held/)
  })
})
