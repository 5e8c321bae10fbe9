/** Makes one history happen and judges it. */
import { appendFileSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { ProgramCopy } from "../../deploy/demo/Gradewire.ts"
import { Random } from "../../deploy/demo/Random.ts"
import { readTraining } from "../../deploy/demo/read-databases.ts"
import { connectTraining } from "../../deploy/demo/training-database.ts"
import { readAudit } from "./audit.ts"
import { PLACE_OF } from "./FaultKind.ts"
import { FAULTS } from "./faults.ts"
import { History, until } from "./History.ts"
import type { HrSession } from "./HrDatabase.ts"
import { judge, type Letter } from "./oracle.ts"
import type { HistoryPlan, PlannedFault } from "./plan-history.ts"
import type { ServerPool } from "./ServerPool.ts"

export interface Outcome {
  readonly plan: HistoryPlan
  readonly folder: string
  readonly complaints: ReadonlyArray<string>
  readonly changes: number
  readonly seconds: number
  /** until the last change of all stood in the profile, after everything was well again */
  readonly recoverySeconds: number | undefined
}

/** People go on for at least so long. */
const LEAST_MS = 2_500
/** Without any change applied, from the last fault on; retries pause for 5 s at most. A busy machine may take long. */
const RECOVERY_MS = 60_000
const RECOVERY_MOST_MS = 240_000
const SETTLE_MS = 20_000

/** @param tamper somebody's own hand on the HR database, once everything is as it should be */
export const runHistory = async (
  plan: HistoryPlan,
  folder: string,
  pool: ServerPool,
  program: ProgramCopy,
  tamper?: (history: History) => Promise<void>
): Promise<Outcome> => {
  const startedAt = performance.now()
  const complaints: Array<string> = []
  let recoverySeconds: number | undefined
  let changes = 0
  let history: History | undefined
  const over = new AbortController()
  let operator: Promise<void> = Promise.resolve()
  try {
    await mkdir(folder, { recursive: true })
    const servers = await pool.fresh(plan.source, plan.target)
    history = await History.prepare(plan, folder, servers, program)
    history.note(JSON.stringify(plan))
    await history.workload.begin()
    await Promise.all(history.roles.map((role) => role.start()))
    operator = history.operate(over.signal)
    await Promise.all([afflict(history), pause(LEAST_MS)])
    history.note("all faults are over")
    await history.workload.end()
    changes = history.workload.book.written
    const healthyAt = performance.now()
    complaints.push(...(await recover(history)))
    recoverySeconds = (performance.now() - healthyAt) / 1000
    // a second judge, which has to agree; it asks how far the processes are, so they run
    if (complaints.length === 0) complaints.push(...(await history.verify()))
    over.abort()
    await operator
    for (const role of history.roles) {
      const outcome = await role.stop()
      if (outcome !== "ended with exit code 0") complaints.push(`${role.name} ${outcome} on SIGTERM`)
    }
    await tamper?.(history)
    // once more, of what stands there for good
    if (complaints.length === 0) complaints.push(...(await findings(history)))
    complaints.push(...exitComplaints(history))
  } catch (error) {
    complaints.push(
      `the history broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
    )
  } finally {
    over.abort()
    await operator.catch(() => undefined)
    for (const complaint of complaints) history?.note(`COMPLAINT ${complaint}`)
    await history?.workload.end().catch(() => undefined)
    await history?.close()
  }
  if (complaints.length > 0) appendFileSync(join(folder, "complaints.txt"), `${complaints.join("\n")}\n`)
  const seconds = (performance.now() - startedAt) / 1000
  return { plan, folder, complaints, changes, seconds, recoverySeconds }
}

/** Those of one place follow each other, those of different places overlap. */
const afflict = async (history: History): Promise<void> => {
  const places = Map.groupBy(history.plan.faults, ({ kind }) => PLACE_OF[kind])
  const inTurn = async (faults: ReadonlyArray<PlannedFault>): Promise<void> => {
    for (const { afterMs, kind, seed } of faults) {
      await pause(afterMs)
      history.note(`fault ${kind}`)
      await FAULTS[kind](history, new Random(seed))
      history.note(`  over ${kind}`)
    }
  }
  const hiring = async (): Promise<void> => {
    if (!history.plan.hires) return
    await pause(history.random.whole(200, 2000))
    const { late } = history.people
    await until(
      () =>
        history.hire(late.slice(0, late.length / 2)).then(
          () => true,
          () => false
        ),
      30_000
    )
  }
  await Promise.all([...[...places.values()].map(inTurn), hiring()])
}

/** Change events that apply has covered so far. */
const applied = async (session: HrSession): Promise<string> => {
  const [row] = await session.rows<{ events: string | null }>(
    "SELECT sum(events) AS events FROM gradewire.apply_offset"
  )
  return String(row?.events ?? 0)
}

/** Whether apply has covered no change event for so long. */
const stuckAfter = (history: History, milliseconds: number): (() => Promise<boolean>) => {
  let [events, stuckAt] = ["", performance.now() + milliseconds]
  return async () => {
    const now = await history.hr(applied)
    if (now !== events) [events, stuckAt] = [now, performance.now() + milliseconds]
    return performance.now() > stuckAt
  }
}

const BEHIND = `
  SELECT (SELECT count(*) FROM gradewire.apply_offset o WHERE o.position < l.position) AS behind
  FROM hr.training_record r JOIN gradewire.result_ledger l ON l.result_id = r.source_ref WHERE r.source_ref = ?`

/** One last score, then until everything is where it belongs. Resolves with what is not. */
const recover = async (history: History): Promise<ReadonlyArray<string>> => {
  if (history.random.chance(0.5))
    await history.hire(history.people.late.filter((one) => !history.hired.includes(one)))
  const ref = await history.workload.last()
  /** By its own lane, and every other one has come as far. */
  const isFiled = (): Promise<boolean> =>
    history.hr(async (session) => {
      const rows = await session.rows<{ behind: number | string }>(BEHIND, [ref])
      return rows.length === 1 && Number(rows[0]!.behind) === 0
    })
  let isStuck = stuckAfter(history, RECOVERY_MS)
  let arrived = false
  await until(
    async () => {
      arrived = history.roles.some((role) => role.failure) || (await isFiled())
      return arrived || (await isStuck())
    },
    RECOVERY_MOST_MS,
    50
  )
  const failures = history.roles.flatMap((role) => (role.failure === undefined ? [] : [role.failure.message]))
  if (!arrived || failures.length > 0) {
    const found = await findings(history)
    return [
      ...failures,
      `the last score did not arrive, and nothing else for ${RECOVERY_MS / 1000} s`,
      ...found.slice(0, 20)
    ]
  }
  // A copy of the tables may go on for long behind the last score.
  let found: ReadonlyArray<string> = []
  isStuck = stuckAfter(history, SETTLE_MS)
  await until(
    async () => {
      found = await findings(history)
      return found.length === 0 || (await isStuck())
    },
    RECOVERY_MOST_MS,
    250
  )
  return found.slice(0, 50)
}

/** The event as text: it may hold a character that PostgreSQL's own JSON functions refuse. */
const LETTERS = `
  SELECT coalesce(result_id, position) AS ref, position, state, type, concat('', event) AS event
  FROM gradewire.dead_letter WHERE state IN ('open', 'waiting', 'replay')`

interface LetterRow extends Omit<Letter, "score"> {
  readonly event: string
}

const letterOf = ({ event, ...row }: LetterRow): Letter => {
  const { data } = JSON.parse(event) as {
    readonly data: { readonly score?: { readonly raw?: string | null } }
  }
  return { ...row, score: row.type.includes("revoked") ? undefined : (data.score?.raw ?? "NULL") }
}

const findings = async (history: History): Promise<ReadonlyArray<string>> => {
  const training = await connectTraining(history.servers.source)
  try {
    return await history.hr(async (session) => {
      const databases = {
        ...(await readTraining(training)),
        ...(await history.servers.hr.read(session))
      }
      const letters = await session.rows<LetterRow>(LETTERS)
      return judge({
        databases,
        letters: letters.map(letterOf),
        audit: await readAudit(session),
        committed: history.workload.book.committedStates,
        lanes: history.plan.lanes,
        poisoned: history.poisoned
      })
    })
  } finally {
    training.destroy()
  }
}

/** A process may end by itself only where a fault gives it a reason. */
const exitComplaints = ({ exits, mayHalt }: History): ReadonlyArray<string> =>
  exits
    .filter(({ tag }) => !mayHalt.has(tag))
    .map(({ outcome, role, tag }) => `${role} ended by itself without a reason: ${tag} (${outcome})`)
