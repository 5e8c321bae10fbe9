/** What the benchmarks of apply have in common: scores, rounds, medians. */
import { Effect } from "effect"
import type { HrMappingConfig } from "../../connectors/hr/mapping.ts"
import { ownTarget } from "../../connectors/hr/own-target.ts"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import { ordinalOf, positionIn, transactionPrefix } from "../../schemas/position.ts"
import type { ProfileStore } from "../../src/apply/ProfileStore.ts"

export const BATCH_ROWS = 1000
export const EMPLOYEES = 20_000

export const progress = (line: string): void => void process.stderr.write(`${line}\n`)

export interface Score {
  readonly position: string
  readonly resultId: string
  readonly learner: number
  readonly raw: string
}

let change = 0
const nextPosition = (): string => positionIn(transactionPrefix(1, 1, ++change), ordinalOf(1, 0, 0))

/** Half of a round's results are new, half are corrections of old ones. @param oldResults that stand there already */
export const roundOf = (oldResults: number, rows = BATCH_ROWS): ReadonlyArray<Score> =>
  Array.from({ length: rows }, (_, index) => {
    const position = nextPosition()
    const old = 1 + ((change * 7919) % oldResults)
    return {
      position,
      resultId: index % 2 === 0 ? `lms.exam:${change}` : `lms.exam:old${old}`,
      learner: 1 + ((change * 31) % EMPLOYEES),
      raw: `${change % 100}.50`
    }
  })

export const SUBMITTED = "2026-11-22T08:00:00.123Z"

const eventOf = ({ learner, position, raw, resultId }: Score): ChangeEvent => ({
  specversion: "1.0",
  id: `binlog.000001:${position}`,
  source: "urn:gradewire:bench",
  type: "gradewire.score.recorded.v1",
  subject: "lms.exam",
  time: SUBMITTED,
  datacontenttype: "application/json",
  sequence: position,
  data: {
    resultId,
    origin: "binlog",
    learner: { id: String(learner) },
    score: { raw },
    attempt: { submittedAt: SUBMITTED }
  }
})

export const eventsOf = (scores: ReadonlyArray<Score>): ReadonlyArray<ChangeEvent> => scores.map(eventOf)

export const offsetAt = (position: string): ApplyOffset => ({
  position,
  generation: 0,
  streamSequence: change,
  anchor: { file: "binlog.000001", position: 4, gtid: null, server: "mysql:bench", timeline: 1 },
  committedAt: SUBMITTED
})

/** Writes one round. */
export type Contender = (scores: ReadonlyArray<Score>) => Promise<void>

export const ours = (
  store: ProfileStore["Service"],
  epoch: number,
  stored: ApplyOffset | undefined
): Contender => {
  let after = stored
  return async (scores) => {
    const offset = offsetAt(scores.at(-1)!.position)
    const changes = scores.map(eventOf)
    const batch = { after, offset, changes, events: changes.length, refusal: undefined }
    const outcome = await Effect.runPromise(store.apply(epoch, batch))
    if (outcome.applied !== scores.length) throw new Error(`applied ${outcome.applied} of ${scores.length}`)
    after = offset
  }
}

/** Scores of `lms.exam`, filed in gradewire's own table or in `hr.training_record`. */
export const mappingFor = (mode: "own" | "mapped"): HrMappingConfig => ({
  zone: 0,
  employees: { table: "hr.employee", key: "no", match: [{ learner: "phone", employee: "phone" }] },
  scores: [
    {
      table: "lms.exam",
      target:
        mode === "own"
          ? ownTarget("bench", { fields: { learner: "l", raw: "r", submittedAt: "s" } }, "hide", [])
          : {
              table: "hr.training_record",
              key: ["result_id"],
              columns: {
                employee_no: "employee",
                exam_score: "score.raw",
                result_id: "resultId",
                finish_timestamp: "attempt.submittedAt"
              }
            }
    }
  ]
})

/** Columns of the one table that the baselines write, and a row of it: what is filed of a score in our own table. */
export const PLAIN_COLUMNS = [
  "connector",
  "result_id",
  "employee_key",
  "learner_id",
  "score_raw",
  "submitted_at",
  "state",
  "position",
  "event_type",
  "event_id",
  "event_time",
  "applied_at"
] as const

export const plainRow = (
  { learner, position, raw, resultId }: Score,
  time: string
): ReadonlyArray<string> => [
  "plain",
  resultId,
  `E${learner}`,
  String(learner),
  raw,
  time,
  "recorded",
  position,
  "gradewire.score.recorded.v1",
  `binlog.000001:${position}`,
  time,
  time
]

interface Sample {
  readonly seconds: number
  readonly cpuMicros: number
}

const measure = async (contender: Contender, scores: ReadonlyArray<Score>): Promise<Sample> => {
  const before = process.cpuUsage()
  const from = performance.now()
  await contender(scores)
  const used = process.cpuUsage(before)
  return { seconds: (performance.now() - from) / 1000, cpuMicros: used.user + used.system }
}

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

export interface Summary {
  readonly rowsPerSecond: number
  readonly clientCpuMicrosPerRow: number
}

const summary = (samples: ReadonlyArray<Sample>): Summary => ({
  rowsPerSecond: Math.round(BATCH_ROWS / median(samples.map(({ seconds }) => seconds))),
  clientCpuMicrosPerRow: Number((median(samples.map(({ cpuMicros }) => cpuMicros)) / BATCH_ROWS).toFixed(1))
})

/** Rounds of the contenders in turn, until the time is up; medians behind the warm-up. */
export const race = async <K extends string>(
  contenders: Readonly<Record<K, Contender>>,
  oldResults: number,
  limits: { readonly rounds: number; readonly warmUp: number; readonly seconds: number }
): Promise<Readonly<Record<K, Summary>>> => {
  const names = Object.keys(contenders) as ReadonlyArray<string> as ReadonlyArray<K>
  const samples = new Map<K, Array<Sample>>(names.map((name) => [name, []]))
  const until = performance.now() + limits.seconds * 1000
  for (let round = 1; round <= limits.warmUp + limits.rounds; round++) {
    if (round > limits.warmUp + 3 && performance.now() > until) break
    for (const name of names) {
      const sample = await measure(contenders[name], roundOf(oldResults))
      if (round > limits.warmUp) samples.get(name)!.push(sample)
    }
    if (round % 5 === 0) progress(`round ${round}`)
  }
  return Object.fromEntries([...samples].map(([name, taken]) => [name, summary(taken)])) as Record<K, Summary>
}

/** A score that comes alone: median milliseconds from call to commit, every one durable. */
export const lone = async (contender: Contender, oldResults: number): Promise<number> => {
  const taken: Array<number> = []
  for (let index = 0; index < 100; index++) {
    const scores = roundOf(oldResults, 1)
    const from = performance.now()
    await contender(scores)
    taken.push(performance.now() - from)
  }
  return Number(median(taken).toFixed(2))
}
