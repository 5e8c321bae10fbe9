/**
 * The oracle of a life that has come to rest: every row of the source, through the mapping and the matching rules,
 * stands in the HR database or rightly waits there. Slow and independent: it reads tables, never events.
 */
import type { MappedScores } from "../support/fakes/memory-judgement.ts"
import type { MemoryRow } from "../support/fakes/MemoryTrainingServer.ts"
import type { TargetRow } from "../support/fakes/MemoryHrDatabase.ts"
import { numberOf, phoneOf, scoresOf } from "./training-tables.ts"
import { Violation } from "./Violation.ts"
import type { World } from "./World.ts"

/** What must be so, may be so, or cannot be. */
type Certainty = "yes" | "maybe" | "no"

export const judgeEnd = (world: World, withQuiz: boolean): void => {
  for (const table of scoresOf(withQuiz)) judgeTable(world, table)
  const open = world.database.letters.filter(({ state }) => state !== "done")
  if (open.length > 0)
    throw new Violation("G3", `${open.length} dead letters remain after their cause was mended`)
  judgeHeld(world)
  if (world.logWitness.isWhole) judgeRooms(world)
}

const judgeTable = (world: World, { table, target }: MappedScores): void => {
  const { current } = world.server
  const rows = world.database.profile.get(target.table) ?? new Map<string, TargetRow>()
  const wanted = new Map(
    [...current.get(table)!.values()].map((row) => [`${table}:${world.server.keyOf(table, row)}`, row])
  )
  for (const [result, row] of wanted) {
    const found = rows.get(result)
    const certainty = fileable(world, table, row)
    const held = world.database.held.get(result)
    if (held !== undefined) {
      if (certainty === "yes")
        throw new Violation("G7", `${result} is held, ${held.reason}, though its person is proven`)
      if (found !== undefined && found["工号"] !== numberOf(Number(row["user_id"])))
        throw new Violation("G7", `${result} is held and stands with somebody else`)
      if (!holdsSame(table, row, held.event.data))
        throw new Violation("G1", `${result} is held with older values`)
      continue
    }
    if (found === undefined)
      throw new Violation("G1", `${result} stands at the source, not in the profile, not held`)
    if (certainty === "no") throw new Violation("G7", `${result} is filed though nothing proves its person`)
    const difference = differenceOf(expectedRow(table, row, result), found)
    if (difference !== undefined)
      throw new Violation("G2", `${result} is not what the source has: ${difference}`)
  }
  for (const [result, row] of rows) {
    if (wanted.has(result) || row["state"] === "revoked") continue
    // Nothing tells of rows that were deleted while their table was not mapped.
    if (table === "lms.quiz" && world.wasUnmapped) continue
    throw new Violation("G1", `${result} stands in the profile, deleted at the source`)
  }
}

/** Links made once stay, and what passed between two batches leaves no trace: then both outcomes are right. */
const fileable = (world: World, table: string, row: MemoryRow): Certainty => {
  const { history, server } = world
  const learner = Number(row["user_id"])
  const isProvable = server.current.get("lms.user")!.get(String(learner))?.["phone"] === phoneOf(learner)
  const was = history.hired.has(learner) && history.everProvable.has(learner)
  const person: Certainty = was ? (isProvable ? "yes" : "maybe") : "no"
  const test = row["test_id"]
  if (table !== "lms.exam" || test === null || person === "no") return person
  if (server.current.get("lms.test")!.has(String(test))) return person
  return history.everTests.has(Number(test)) ? "maybe" : "no"
}

const expectedRow = (table: string, row: MemoryRow, result: string): TargetRow => {
  const base = { 工号: numberOf(Number(row["user_id"])), result_id: result }
  if (table !== "lms.exam") {
    return { ...base, grade: row["grade"]!, ...(table === "lms.drill" ? { state: "valid" } : {}) }
  }
  return {
    ...base,
    分数: row["分数"]!,
    title: row["test_id"] === null ? null : `考试${row["test_id"]}`,
    note: row["note"]!
  }
}

const differenceOf = (expected: TargetRow, found: TargetRow): string | undefined => {
  for (const column of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    if (expected[column] !== found[column]) return `${column} is ${found[column]}, not ${expected[column]}`
  }
  return undefined
}

const holdsSame = (table: string, row: MemoryRow, event: unknown): boolean => {
  const { learner, score } = event as {
    readonly learner: { readonly id: string }
    readonly score: { readonly raw?: string; readonly text?: string }
  }
  const isSameScore = table === "lms.exam" ? score.raw === row["分数"] : score.text === row["grade"]
  return isSameScore && learner.id === String(row["user_id"])
}

const judgeHeld = ({ database, server, wasUnmapped }: World): void => {
  for (const result of database.held.keys()) {
    const colon = result.indexOf(":")
    if (wasUnmapped && result.startsWith("lms.quiz")) continue
    const rows = server.current.get(result.slice(0, colon))
    if (rows?.has(result.slice(colon + 1)) !== true) {
      throw new Violation("G1", `${result} is held, deleted at the source`)
    }
  }
}

/** Raw rows are nobody's profile: a reader of the whole log must have them. */
const judgeRooms = ({ server, logWitness }: World): void => {
  const found = logWitness.fold("lms.room")
  for (const [key, row] of server.current.get("lms.room")!) {
    const seen = found.get(`lms.room:${key}`)
    const expected = JSON.stringify({ id: row["id"], v: row["v"] })
    if (JSON.stringify(seen) !== expected)
      throw new Violation(
        "G1",
        `lms.room:${key} is ${JSON.stringify(seen)} for a reader of the log, not ${expected}`
      )
  }
  if (found.size !== server.current.get("lms.room")!.size)
    throw new Violation("G1", "the log keeps deleted rooms")
}
