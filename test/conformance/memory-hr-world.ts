/** The profile store's world in memory. */
import { MemoryHrDatabase } from "../support/fakes/MemoryHrDatabase.ts"
import { makeMemoryProfileStore } from "../support/fakes/MemoryProfileStore.ts"
import { PROVING, type ProvingWorld } from "./people-proofs.ts"
import { EMPLOYEES, EXAM, SCORES, type HrWorld } from "./hr-world.ts"

export const openMemoryHrWorld = (): Promise<HrWorld> => openMemoryProvingWorld()

export const openMemoryProvingWorld = async (): Promise<ProvingWorld> => {
  const database = new MemoryHrDatabase()
  let isLimited = false
  const refuses = (table: string, row: Readonly<Record<string, unknown>>): string | undefined =>
    isLimited && table === EXAM && Number(row["分数"]) > 100 ? "score_limit" : undefined
  const options = { connector: "test", scores: SCORES, employees: EMPLOYEES, refuses }
  return {
    process: (lane) => makeMemoryProfileStore(database, { ...options, lane }),
    proving: () => makeMemoryProfileStore(database, { ...options, employees: PROVING }),
    enter: async (...people) => {
      for (const person of people) database.staff.push({ status: "active", ...person })
    },
    hire: async (...employees) => {
      for (const { no, phone, email } of employees)
        database.staff.push({ 工号: no, mobile: phone ?? null, "E-Mail": email ?? null })
    },
    renumber: async (no, phone) => {
      for (const one of database.staff) if (one["工号"] === no) one["mobile"] = phone
    },
    profile: async (table) =>
      database
        .rows(table)
        .map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([key, value]) => [key, value === null ? null : String(value)])
          )
        )
        .sort((a, b) => (a["result_id"]! < b["result_id"]! ? -1 : 1)),
    held: async () =>
      [...database.held]
        .map(([result, { reason }]) => [result, reason] as const)
        .sort((a, b) => (a[0] < b[0] ? -1 : 1)),
    letters: async () =>
      database.letters
        .toSorted((a, b) => (a.event.sequence < b.event.sequence ? -1 : 1))
        .map(({ resultId, state }) => [resultId, state] as const),
    decide: async (result, state) => {
      for (const letter of database.letters)
        if (letter.resultId === result && letter.state === "open") letter.state = state
    },
    limitScores: async (limited) => {
      isLimited = limited
    },
    backup: async () => {
      const copy = database.copy()
      return async () => database.restore(copy)
    }
  }
}
