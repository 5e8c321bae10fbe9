/** What an operator's command makes of the copy's state, and how that state looks to an operator. Pure. */
import { Result } from "effect"
import type { SnapshotCommand, SnapshotStatus, SnapshotTable } from "../../schemas/snapshot-command.ts"
import type { SnapshotState, TableSnapshot } from "../../schemas/snapshot-state.ts"
import { SnapshotIdle, SnapshotRunning, SnapshotTableUnmapped, type SnapshotRefusal } from "./SnapshotDesk.ts"

/**
 * The state after a command; the same object where nothing changes.
 *
 * @param mapped tables of the configuration, `schema.table`
 * @param condition what the keys of a revocation make
 */
export const commandSnapshot = (
  state: SnapshotState,
  command: SnapshotCommand,
  mapped: ReadonlyArray<string>,
  condition?: string
): Result.Result<SnapshotState, SnapshotRefusal> => {
  switch (command.command) {
    case "status":
      return Result.succeed(state)
    case "pause":
    case "resume": {
      const paused = command.command === "pause"
      return Result.succeed(state.paused === paused ? state : { ...state, paused })
    }
    case "start":
      return start(state, command.table, { where: command.where }, mapped)
    case "revoke":
      return start(state, command.table, { where: condition ?? "FALSE", revoke: command.rows }, mapped)
    case "cancel":
      return cancel(state, command.table, mapped)
  }
}

export const isOpen = (entry: TableSnapshot): boolean =>
  entry.state === "waiting" || entry.state === "running"

/** A finished entry of the table gives way, so that the state does not grow with every repair. */
const start = (
  state: SnapshotState,
  table: string,
  what: Pick<TableSnapshot, "where" | "revoke">,
  mapped: ReadonlyArray<string>
) => {
  if (!mapped.includes(table)) return Result.fail(unmapped(table, mapped))
  if (state.tables.some((entry) => entry.table === table && isOpen(entry))) {
    return Result.fail(
      new SnapshotRunning({ message: `${table} is being copied, or waits for its turn, already`, table })
    )
  }
  const entry: TableSnapshot = { table, state: "waiting", after: null, ...what, rows: 0, estimate: null }
  return Result.succeed({
    ...state,
    tables: [...state.tables.filter((known) => known.table !== table), entry]
  })
}

const cancel = (state: SnapshotState, table: string | null, mapped: ReadonlyArray<string>) => {
  if (table !== null && !mapped.includes(table)) return Result.fail(unmapped(table, mapped))
  const isMeant = (entry: TableSnapshot) => isOpen(entry) && (table === null || entry.table === table)
  if (!state.tables.some(isMeant)) {
    const what = table === null ? "no table waits to be copied" : `${table} does not wait to be copied`
    return Result.fail(new SnapshotIdle({ message: `${what}, and no copy of it runs` }))
  }
  const tables = state.tables.map((entry) =>
    isMeant(entry) ? { ...entry, state: "canceled" as const, after: null } : entry
  )
  return Result.succeed({ ...state, tables })
}

const unmapped = (table: string, mapped: ReadonlyArray<string>): SnapshotTableUnmapped =>
  new SnapshotTableUnmapped({ message: `${table} is not mapped by this connector`, table, mapped })

/** Progress without keys and conditions (G9). */
export const statusOf = (state: SnapshotState): SnapshotStatus => ({
  paused: state.paused,
  tables: state.tables.map((entry): SnapshotTable => ({
    table: entry.table,
    state: state.paused && isOpen(entry) ? "paused" : entry.state,
    filtered: entry.where !== null,
    rows: entry.rows,
    estimate: entry.estimate,
    percent: percentOf(entry)
  }))
})

/** An estimate may be too low: below 100 until the copy has really ended. The same as `gradewire.snapshot_progress`. */
const percentOf = ({ state, where, rows, estimate }: TableSnapshot): number | null => {
  if (state === "done") return 100
  if (where !== null || estimate === null || estimate === 0) return null
  return Math.min(99.9, Math.round((1000 * rows) / estimate) / 10)
}
