/**
 * Random populations against a slow reference that never normalises anything: it knows which number each spelling was
 * made from. HR enters some people late, the process is replaced in between, keys are written in any way.
 */
import * as fc from "fast-check"
import { Effect } from "effect"
import { expect, it } from "vitest"
import type { EmployeesConfig } from "../../schemas/employees-config.ts"
import { Coverage } from "../../src/identity/Coverage.ts"
import type { IdentityJudge, Learner } from "../../src/identity/IdentityJudge.ts"
import { KeyNormaliser } from "../../src/identity/KeyNormaliser.ts"
import { keyRulesOf } from "../../src/identity/key-rules.ts"
import { batch, exam, EXAM, learner } from "./hr-world.ts"
import type { Person, ProvingWorld } from "./people-proofs.ts"

const PHONE_SPELLINGS: ReadonlyArray<(n: number) => string> = [
  (n) => `1380000000${n}`,
  (n) => `+861380000000${n}`,
  (n) => `861380000000${n}`,
  (n) => `00861380000000${n}`,
  (n) => `+86 1380000000${n}`,
  (n) => `138 0000 000${n}`,
  (n) => `138-0000-000${n}`,
  (n) => `(+86) 138-0000 000${n}`,
  (n) => `1380000000${n}`.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
  (n) => ` 138\u200b0000000${n}`,
  (n) => `138.0000.000${n}`
]
const NUMBER_SPELLINGS: ReadonlyArray<(n: number) => string> = [
  (n) => `E${n}`,
  (n) => `e${n}`,
  (n) => `E-${n}`,
  (n) => `Ｅ ${n}`
]
/** Three ids of three people. */
const EXTERNAL_IDS = ["zhouqi", "ZhouQi", "ou_7"] as const
const EXTERNAL_SPELLINGS: ReadonlyArray<(id: string) => string> = [
  (id) => id,
  (id) => ` ${id}\u200b`,
  (id) => id.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))
]
const NAMES = ["王小明", "Li Na", "Bo"] as const
const PERIODS = [
  {},
  { hired: "2015-01-01", left_on: "2018-06-30" },
  { hired: "2019-07-01" },
  { left_on: "2020-12-31" }
] as const
const DAYS = ["2016-05-05", "2019-01-01", "2022-05-05"] as const

const oneOf = (top: number) => fc.integer({ min: 0, max: top })
const maybe = (top: number) => fc.option(oneOf(top), { nil: undefined, freq: 3 })

/** Numbers stand for what they are the index of. */
const anyRow = fc.record({
  no: oneOf(5),
  phone: maybe(3),
  spelling: oneOf(PHONE_SPELLINGS.length - 1),
  external: maybe(EXTERNAL_IDS.length - 1),
  externalSpelling: oneOf(EXTERNAL_SPELLINGS.length - 1),
  name: maybe(NAMES.length - 1),
  period: oneOf(PERIODS.length - 1),
  merged: fc.option(oneOf(5), { nil: undefined, freq: 6 }),
  isLate: fc.boolean(),
  isOff: fc.option(fc.constant(true), { nil: false, freq: 1 })
})
const anyScore = fc.record({
  no: fc.option(oneOf(6), { nil: undefined, freq: 1 }),
  numberSpelling: oneOf(NUMBER_SPELLINGS.length - 1),
  phone: maybe(4),
  spelling: oneOf(PHONE_SPELLINGS.length - 1),
  external: maybe(EXTERNAL_IDS.length - 1),
  externalSpelling: oneOf(EXTERNAL_SPELLINGS.length - 1),
  name: maybe(NAMES.length - 1),
  day: oneOf(DAYS.length - 1),
  isTest: fc.option(fc.constant(false), { nil: true, freq: 6 })
})
type Row = typeof anyRow extends fc.Arbitrary<infer T> ? T : never
type Score = typeof anyScore extends fc.Arbitrary<infer T> ? T : never

const isEmployed = ({ isOff, merged, period }: Row, day: string): boolean => {
  const { hired = "0", left_on: left = "9" } = PERIODS[period] as { hired?: string; left_on?: string }
  return merged !== undefined || (!isOff && hired <= day && day <= left)
}

/** The employee, or why there is none. */
const verdict = (rows: ReadonlyArray<Row>, score: Score): string => {
  if (score.isTest) return "UNQUALIFIED"
  const employed = rows.filter((row) => isEmployed(row, DAYS[score.day]!))
  const byNumber = employed.filter(({ no }) => no === score.no)
  const byPhone = employed.filter(({ phone }) => phone !== undefined && phone === score.phone)
  const byExternal = employed.filter(({ external }) => external !== undefined && external === score.external)
  const people = (found: ReadonlyArray<Row>) => new Set(found.map(({ merged, no }) => merged ?? no))
  if ([byNumber, byExternal, byPhone].some((found) => people(found).size > 1)) return "AMBIGUOUS"
  const all = people([...byNumber, ...byExternal, ...byPhone])
  if (all.size > 1) return "CONFLICT"
  if (all.size === 0) return "ABSENT"
  const isOther = ({ name }: Row) => name !== undefined && score.name !== undefined && name !== score.name
  if (byNumber.length + byExternal.length === 0 && byPhone.every(isOther)) return "CONFLICT"
  return `E${[...all][0]}`
}

const externalOf = (id: number, spelling: number): string => EXTERNAL_SPELLINGS[spelling]!(EXTERNAL_IDS[id]!)

/** Of a test account, whatever else is known of it. */
const externalOfLearner = ({ external, externalSpelling, isTest }: Score): string | null => {
  if (isTest) return EXTERNAL_SPELLINGS[externalSpelling]!("zhouqi_TEST")
  return external === undefined ? null : externalOf(external, externalSpelling)
}

const personOf = ({
  external,
  externalSpelling,
  merged,
  name,
  no,
  period,
  phone,
  spelling
}: Row): Person => ({
  no: `E${no}`,
  ...(phone === undefined ? {} : { mobile: PHONE_SPELLINGS[spelling]!(phone) }),
  ...(external === undefined ? {} : { userid: externalOf(external, externalSpelling) }),
  ...(name === undefined ? {} : { name: NAMES[name]! }),
  ...PERIODS[period],
  ...(merged === undefined ? {} : { merged: `E${merged}` })
})

const changesOf = (scores: ReadonlyArray<Score>) => {
  const learners = scores.map((score, n) => {
    const { name, no, numberSpelling, phone, spelling } = score
    return learner(n + 1, `L${n}`, {
      externalId: externalOfLearner(score),
      ...(no === undefined ? {} : { employeeNo: NUMBER_SPELLINGS[numberSpelling]!(no) }),
      ...(phone === undefined ? {} : { phone: PHONE_SPELLINGS[spelling]!(phone) }),
      ...(name === undefined ? {} : { name: NAMES[name]! })
    })
  })
  const exams = scores.map(({ day }, n) =>
    exam(scores.length + n + 1, n, { id: `L${n}` }, "1.00", {
      attempt: { submittedAt: `${DAYS[day]}T08:00:00Z` }
    })
  )
  return [...learners, ...exams]
}

const outcomeIn = async (world: ProvingWorld): Promise<Readonly<Record<string, string>>> => {
  const filed = (await world.profile(EXAM)).map((row) => [row["result_id"]!, row["工号"]!] as const)
  return Object.fromEntries([...filed, ...(await world.held())])
}

export const populationsConformance = (
  name: string,
  open: () => Promise<ProvingWorld>,
  runs: number
): void => {
  it(`proofs of people: ${name}: whatever the population, a score is filed to the person that its keys mean or held with the true reason (G7)`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRow, { maxLength: 8 }),
        fc.array(anyScore, { minLength: 1, maxLength: 12 }),
        async (rows, scores) => {
          const world = await open()
          const early = rows.filter(({ isLate }) => !isLate)
          await world.enter(...early.map(personOf))
          const first = world.proving()
          const { epoch } = await Effect.runPromise(first.takeOver)
          const changes = changesOf(scores)
          await Effect.runPromise(first.apply(epoch, batch(0, changes)))
          const before = scores.map((score) => verdict(early, score))
          const expected = (verdicts: ReadonlyArray<string>) =>
            Object.fromEntries(verdicts.map((what, n) => [`lms.exam:${n}`, what]))
          expect(await outcomeIn(world)).toEqual(expected(before))
          await world.enter(...rows.filter(({ isLate }) => isLate).map(personOf))
          const second = world.proving()
          const lease = await Effect.runPromise(second.takeOver)
          await Effect.runPromise(second.readEmployees)
          // A turn through the parked ones, then one through the others.
          while ((await Effect.runPromise(second.release(lease.epoch))).more) continue
          const now = scores.map((score, n) =>
            before[n]!.startsWith("E") ? before[n]! : verdict(rows, score)
          )
          expect(await outcomeIn(world)).toEqual(expected(now))
        }
      ),
      { numRuns: runs }
    )
  }, 300_000)
}

const judgedLearner = (normaliser: KeyNormaliser, score: Score): Learner => {
  const { name, no, numberSpelling, phone, spelling } = score
  const externalId = externalOfLearner(score)
  return {
    id: null,
    keys: {
      employeeNo:
        no === undefined ? null : normaliser.normalise("employeeNo", NUMBER_SPELLINGS[numberSpelling]!(no)),
      externalId: externalId === null ? null : normaliser.normalise("externalId", externalId),
      phone: phone === undefined ? null : normaliser.normalise("phone", PHONE_SPELLINGS[spelling]!(phone))
    },
    name: name === undefined ? null : NAMES[name]!
  }
}

/** What is said before anything is filed is what filing would do. */
export const coverageConformance = (
  name: string,
  employees: EmployeesConfig,
  open: () => Promise<{ readonly world: ProvingWorld; readonly judge: IdentityJudge }>,
  runs: number
): void => {
  it(`coverage of people: ${name}: whatever the population, each learner gets the verdict that its scores would get (G7)`, async () => {
    const normaliser = new KeyNormaliser(keyRulesOf(employees))
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRow, { maxLength: 8 }),
        fc.array(anyScore, { minLength: 1, maxLength: 12 }),
        async (rows, scores) => {
          const { judge, world } = await open()
          await world.enter(...rows.map(personOf))
          const read = await Effect.runPromise(judge.prepare(() => Effect.void))
          expect(read.employees).toBe(rows.length)
          const coverage = new Coverage(employees)
          for (const [n, day] of DAYS.entries()) {
            const asked = scores.filter((score) => score.day === n)
            const learners = asked.map((score) => judgedLearner(normaliser, score))
            const judged = await Effect.runPromise(judge.judge(learners, day))
            const said = judged.map((one, place) => {
              const { situation } = coverage.take(learners[place]!, one, false)
              return situation === "FOUND" ? one.hits[0]!.employee : situation
            })
            expect(said).toEqual(asked.map((score) => verdict(rows, score)))
          }
          const counted = coverage.situations.reduce((sum, { learners }) => sum + learners, 0)
          expect([coverage.learners, counted]).toEqual([scores.length, scores.length])
        }
      ),
      { numRuns: runs }
    )
  }, 300_000)
}
