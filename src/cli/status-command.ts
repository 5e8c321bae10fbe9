/**
 * `gradewire status`: the whole pipeline in one screen. It works with whatever can be reached; the rest is `unknown`, with the
 * reason below.
 */
import { Command } from "effect/cli"
import type { Actions } from "./Actions.ts"
import { answerAgain } from "./answer.ts"
import { secondsText } from "./seconds-text.ts"
import { configFlag, formFlag, verticalFlag, watchFlag } from "./flags.ts"
import type { PipelineStatus } from "./PipelineStatus.ts"
import { verticalText } from "./vertical-text.ts"
import { textTable, type Column } from "./text-table.ts"

export const statusCommand = (actions: Actions) =>
  Command.make(
    "status",
    { config: configFlag, output: formFlag, vertical: verticalFlag, watch: watchFlag },
    ({ config, output, vertical, watch }) =>
      answerAgain(actions.status(config), {
        output,
        watch,
        render: vertical
          ? (status) => verticalText(status.connector, status as unknown as Readonly<Record<string, unknown>>)
          : statusText
      })
  ).pipe(
    Command.withDescription(
      "Source, change log, HR database and the running processes in one screen; what cannot be reached is unknown"
    ),
    Command.withExamples([
      { command: "gradewire status --config connector.yaml" },
      { command: "gradewire status --watch --config connector.yaml" },
      { command: "gradewire status -G --config connector.yaml", description: "As SHOW REPLICA STATUS\\G" },
      { command: "gradewire status --config connector.yaml -o json | jq .hr.lagSeconds" }
    ])
  )

/** Unknown is never shown as zero. */
const known = (value: string | number | null): string => (value === null ? "unknown" : String(value))

const seconds = (value: number | null): string => (value === null ? "unknown" : secondsText(value))

interface StageLine {
  readonly stage: string
  readonly place: string
  readonly until: string
  readonly behind: string
  readonly epoch: string
  readonly where: string
}

const STAGE_COLUMNS: ReadonlyArray<Column<StageLine>> = [
  { title: "STAGE", cell: (row) => row.stage },
  { title: "PLACE", cell: (row) => row.place },
  { title: "UNTIL", cell: (row) => row.until },
  { title: "BEHIND", cell: (row) => row.behind, align: "right" },
  { title: "EPOCH", cell: (row) => row.epoch, align: "right" },
  { title: "WHERE", cell: (row) => row.where }
]

const placeText = ({ file, position }: PipelineStatus["source"] | PipelineStatus["log"]): string =>
  file === null || position === null ? "unknown" : `${file}:${position}`

const stageLines = ({
  bytesBehind,
  hr,
  log,
  messagesBehind,
  source
}: PipelineStatus): ReadonlyArray<StageLine> => [
  {
    stage: "source",
    place: placeText(source),
    until: "-",
    behind: "-",
    epoch: "-",
    where: [source.address, source.server].filter((part) => part !== null).join("  ")
  },
  {
    stage: "log",
    place: placeText(log),
    until: known(log.until),
    behind: bytesBehind === null ? "unknown" : `${bytesBehind} bytes`,
    epoch: known(log.epoch),
    where: `${log.stream}  seq ${known(log.lastSequence)}`
  },
  {
    stage: "hr",
    place: placeText({ ...log, file: hr.file, position: hr.position }),
    until: known(hr.until),
    behind: messagesBehind === null ? "unknown" : `${messagesBehind} messages`,
    epoch: known(hr.epoch),
    where: `${hr.address}  seq ${known(hr.streamSequence)}`
  }
]

interface RoleLine {
  readonly role: string
  readonly wanted: string
  readonly state: string
  readonly holder: string
  readonly lag: string
}

const ROLE_COLUMNS: ReadonlyArray<Column<RoleLine>> = [
  { title: "ROLE", cell: (row) => row.role },
  { title: "WANTED", cell: (row) => row.wanted },
  { title: "STATE", cell: (row) => row.state },
  { title: "LAG", cell: (row) => row.lag, align: "right" },
  { title: "PROCESS", cell: (row) => row.holder }
]

const wantedText = ({ controls }: PipelineStatus, role: string): string => {
  if (controls === null) return "unknown"
  const control = controls.find((one) => one.role === role)
  if (control?.paused === true) return `paused: ${control.reason} (${control.changedBy})`
  const most = control?.eventsPerSecond ?? null
  return most === null ? "running" : `running, at most ${most} events/s`
}

/** One line for every process that has the role; one that says so where none answers. */
const roleLines = (status: PipelineStatus): ReadonlyArray<RoleLine> =>
  (["capture", "apply"] as const).flatMap((role): ReadonlyArray<RoleLine> => {
    const wanted = wantedText(status, role)
    const found = (status.processes ?? []).flatMap(({ holder, lagSeconds, roles }) =>
      roles
        .filter((own) => own.role === role)
        .map(({ forSeconds, state, why }) => ({
          role,
          wanted,
          state: `${state} for ${secondsText(forSeconds)}${why === null || state === "paused" ? "" : ` (${why})`}`,
          holder,
          lag: seconds(lagSeconds[role === "apply" ? "apply" : "log"] ?? null)
        }))
    )
    if (found.length > 0) return found
    const state = status.processes === null ? "unknown" : "no running process answers"
    return [{ role, wanted, state, holder: "-", lag: "unknown" }]
  })

const queuesText = ({ hr, purgeMarginHours, snapshot }: PipelineStatus): string => {
  const oldest = hr.oldestHeldSeconds === null ? "" : ` (oldest ${secondsText(hr.oldestHeldSeconds)})`
  const margin =
    typeof purgeMarginHours === "number" ? secondsText(purgeMarginHours * 3600) : known(purgeMarginHours)
  const done = snapshot?.filter(({ state }) => state === "done" || state === "canceled").length ?? 0
  const copied = snapshot === null ? "unknown" : `${done} of ${snapshot.length} tables copied`
  return [
    `lag ${seconds(hr.lagSeconds)}, heartbeat ${seconds(hr.heartbeatAgeSeconds)} ago`,
    `held ${known(hr.held)}${oldest}`,
    `dead letters ${known(hr.deadLetters)}`,
    `purge margin ${margin}`,
    `snapshot ${copied}`
  ].join("   ")
}

const statusText = (status: PipelineStatus): string => {
  const troubles = (["source", "log", "hr"] as const).flatMap((part) => {
    const { trouble } = status[part]
    return trouble === null ? [] : [`${part} unknown: ${trouble.tag}: ${trouble.message}`]
  })
  return [
    `${status.connector}   ${queuesText(status)}`,
    textTable(STAGE_COLUMNS, stageLines(status)),
    textTable(ROLE_COLUMNS, roleLines(status)),
    ...(troubles.length === 0 ? [] : [troubles.join("\n")])
  ].join("\n\n")
}
