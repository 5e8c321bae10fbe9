/**
 * The fault histories must be able to fail. Real processes whose program breaks a promise, and databases in which somebody
 * changed a row by hand: the oracle has to find each.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { buildProgram, type Change } from "../../deploy/build.ts"
import type { FaultKind } from "../chaos/FaultKind.ts"
import type { History } from "../chaos/History.ts"
import { planHistory } from "../chaos/plan-history.ts"
import { Stage } from "../chaos/Stage.ts"

interface Mutant extends Change {
  readonly mistake: string
  readonly provokedBy: ReadonlyArray<FaultKind>
  readonly foundAs: RegExp
}

/** The simulation knows more (test/simulation/mutations.ts); a fence or a guard alone is covered by the other ones here. */
const MUTANTS: ReadonlyArray<Mutant> = [
  {
    mistake: "applies a message whatever stood before it",
    file: "schemas/log-head.ts",
    from: /head\.previous <= position &&/g,
    to: "true ||",
    provokedBy: ["message-deleted"],
    foundAs: /^(lost|wrong): /
  }
]

const HISTORIES_MAX = 12
const FIRST_SEED = 8000
const MUTANT_MS = 300_000

describe("the oracle over real processes", () => {
  it.each(MUTANTS)("finds a program that $mistake (G1, G2, G6)", { timeout: MUTANT_MS }, async (mutant) => {
    const folder = await mkdtemp(join(tmpdir(), "gradewire-mutant-"))
    const dist = join(folder, "dist")
    await buildProgram(dist, [mutant])
    const stage = await Stage.open({ dist, mustFail: true })
    try {
      const complaints: Array<string> = []
      for (let n = 0; n < HISTORIES_MAX && complaints.length === 0; n++) {
        const wanted = {
          target: "postgresql",
          profile: "mapped",
          lanes: 1,
          faults: mutant.provokedBy
        } as const
        complaints.push(...(await stage.run(planHistory(FIRST_SEED + n, 1, wanted))).complaints)
      }
      expect(complaints.join("\n")).toMatch(new RegExp(mutant.foundAs.source, "m"))
    } finally {
      await stage.close()
      await rm(folder, { recursive: true, force: true })
    }
  })
})

/** Statements for any of the three kinds of HR database, and what the oracle must say of each. */
const TAMPERED: ReadonlyArray<readonly [statement: string, complaint: RegExp]> = [
  [
    "DELETE FROM hr.training_record WHERE id = (SELECT id FROM (SELECT min(id) AS id FROM hr.training_record) r)",
    /^lost: .*neither in the profile nor in a queue/m
  ],
  [
    "UPDATE hr.training_record SET full_mark = 1 WHERE id = (SELECT id FROM (SELECT max(id) AS id FROM hr.training_record) r)",
    /^wrong: .*differs in full_mark/m
  ],
  ["UPDATE gradewire.result_ledger SET position = position", /^doubled: /m],
  [
    "UPDATE gradewire.apply_offset SET position = '0', epoch = 0",
    /^wrong: the offset went back[^]*the epoch went back/m
  ]
]

describe("the oracle over a database that somebody changed", () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.open({ mustFail: true })
  })
  afterAll(() => stage.close())

  it.each(["postgresql", "mysql", "mariadb"] as const)(
    "finds each change in %s (G1, G2, G4)",
    { timeout: MUTANT_MS },
    async (target) => {
      const tamper = (history: History): Promise<void> =>
        history.hr(async (session) => {
          for (const [statement] of TAMPERED) await session.rows(statement)
        })
      const plan = {
        ...planHistory(FIRST_SEED, 1, { target, profile: "mapped", lanes: 1, faults: ["binlog-flushed"] }),
        start: "earliest" as const
      }
      const { complaints } = await stage.run(plan, tamper)
      for (const [, complaint] of TAMPERED) expect(complaints.join("\n")).toMatch(complaint)
    }
  )
})
