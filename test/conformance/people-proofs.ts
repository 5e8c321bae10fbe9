/** What else decides whom a key names: the day of the exam, the name, and rows that were merged into others. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { EmployeesConfig } from "../../schemas/employees-config.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { HeldDesk } from "../../src/apply/HeldDesk.ts"
import type { ProfileStore } from "../../src/apply/ProfileStore.ts"
import { batch, exam, EXAM, learner, type HrWorld } from "./hr-world.ts"

/** Rows of {@link PERSONS}; what is left out is NULL. */
export interface Person {
  readonly no: string
  readonly mobile?: string
  readonly userid?: string
  /** `active` where it is left out. */
  readonly status?: string
  readonly name?: string
  readonly hired?: string
  readonly left_on?: string
  readonly merged?: string
}

export interface ProvingWorld extends HrWorld {
  readonly enter: (...people: ReadonlyArray<Person>) => Promise<void>
  readonly proving: (employees?: EmployeesConfig) => ProfileStore["Service"]
}

export const PERSON_COLUMNS = [
  "no",
  "mobile",
  "name",
  "hired",
  "left_on",
  "merged",
  "userid",
  "status"
] as const

export const personValues = (person: Person): ReadonlyArray<string | null> =>
  PERSON_COLUMNS.map((column) => person[column] ?? (column === "status" ? "active" : null))

/** The same on every server. */
export const PERSONS = `create table hr.person (no varchar(20), mobile varchar(30), name varchar(60), hired date,
  left_on timestamp null, merged varchar(20), userid varchar(60), status varchar(20))`

export const PROVING: EmployeesConfig = {
  table: "hr.person",
  key: "no",
  match: [
    { learner: "employeeNo", employee: "no" },
    { learner: "phone", employee: "mobile" },
    { learner: "externalId", employee: "userid" }
  ],
  name: "name",
  hiredOn: "hired",
  leftOn: "left_on",
  mergedInto: "merged",
  status: { column: "status", qualified: ["active", "试用"] },
  exclude: [
    { learner: "externalId", like: "*_TEST" },
    { learner: "employeeNo", like: "t-99*" },
    { learner: "phone", like: "+86 170 0000 000?" },
    { learner: "email", like: "*@Example.Test" }
  ]
}

const PHONE = "13800000001"

export const peopleProofsConformance = (name: string, open: () => Promise<ProvingWorld>): void => {
  /** Employees and reasons by result, after the changes were filed as one batch. */
  const outcome = async (people: ReadonlyArray<Person>, changes: ReadonlyArray<ChangeEvent>) => {
    const world = await open()
    await world.enter(...people)
    const store = world.proving()
    const { epoch } = await Effect.runPromise(store.takeOver)
    await Effect.runPromise(store.apply(epoch, batch(0, changes)))
    const filed = (await world.profile(EXAM)).map((row) => [row["result_id"]!, row["工号"]!] as const)
    const found = [...filed, ...(await world.held())].map(([id, what]) => [id.split(":")[1]!, what] as const)
    return Object.fromEntries(found)
  }
  const taken = (day: string) => ({ attempt: { submittedAt: `${day}T08:00:00Z` } })

  describe(`proofs of people: ${name}`, () => {
    it("only who was employed on the day of the exam is hit, with a day of grace (G7)", async () => {
      const people = [
        { no: "OLD", mobile: PHONE, hired: "2020-01-01", left_on: "2024-06-30" },
        { no: "NEW", mobile: "138 0000-0001", hired: "2025-03-01" },
        { no: "EVER", mobile: "13800000002" }
      ]
      const days = ["2024-06-30", "2024-07-01", "2024-07-03", "2025-02-27", "2025-02-28", "2026-01-01"]
      const changes = days.map((day, n) => exam(n + 1, n + 1, { phone: PHONE }, "1.00", taken(day)))
      const other = exam(7, 7, { phone: "13800000002" }, "1.00")
      const zero = exam(8, 8, { phone: PHONE }, "1.00", { attempt: { submittedAt: "0000-00-00" } })
      expect(await outcome(people, [...changes, other, zero])).toEqual({
        1: "OLD",
        2: "OLD",
        3: "ABSENT",
        4: "ABSENT",
        5: "NEW",
        6: "NEW",
        7: "EVER",
        8: "NEW"
      })
    })

    it("a phone number whose holder has another name proves nobody, an employee number does (G7)", async () => {
      const people = [
        { no: "E1", mobile: PHONE, name: "王 小明" },
        { no: "E2", mobile: "138-0000 0002", name: "Li Na" },
        { no: "E3", mobile: "13800000003" }
      ]
      const changes = [
        learner(1, "a", { phone: PHONE, name: "王小明" }),
        learner(2, "b", { phone: PHONE, name: "张三" }),
        learner(3, "c", { phone: "13800000002", name: "LI NA" }),
        learner(4, "d", { phone: "13800000002", name: "Bo" }),
        learner(5, "e", { phone: "13800000003", name: "Cai" }),
        learner(6, "f", { phone: PHONE }),
        learner(7, "g", { phone: PHONE, employeeNo: "e-1", name: "张三" }),
        ...["a", "b", "c", "d", "e", "f", "g"].map((id, n) => exam(n + 8, n + 1, { id }, "1.00"))
      ]
      expect(await outcome(people, changes)).toEqual({
        1: "E1",
        2: "CONFLICT",
        3: "E2",
        4: "CONFLICT",
        5: "E3",
        6: "E1",
        7: "E1"
      })
    })

    it("an outside id proves a person as it stands, case and all, however wide it is written (G7)", async () => {
      const people = [
        { no: "E1", userid: "ZhouQi" },
        { no: "E2", userid: "zhouqi", mobile: PHONE },
        { no: "E3", userid: "ｏｕ_7d8a" },
        { no: "E4", userid: "Zhou**i" },
        { no: "E5", userid: "E-5" },
        { no: "E6", userid: "6", mobile: "13800000002" }
      ]
      const ids = ["ZhouQi", " zhouqi\u200b", "ZHOUQI", "ou_7d8a", "Zhou**i", "E5", "1.2E+18"]
      const changes = [
        ...ids.map((externalId, n) => exam(n + 1, n + 1, { externalId }, "1.00")),
        exam(8, 8, { externalId: "ZhouQi", phone: PHONE }, "1.00"),
        learner(9, "l", { externalId: "6", phone: "13800000002" }),
        exam(10, 9, { id: "l" }, "1.00")
      ]
      expect(await outcome(people, changes)).toEqual({
        1: "E1",
        2: "E2",
        3: "ABSENT",
        4: "E3",
        5: "ABSENT",
        6: "ABSENT",
        7: "ABSENT",
        8: "CONFLICT",
        9: "E6"
      })
    })

    it("an account that is no employee's is parked, whomever its keys hit, unless it is linked (G7)", async () => {
      const people = [
        { no: "E1", mobile: PHONE },
        { no: "T991", mobile: "17000000001" }
      ]
      const changes = [
        learner(1, "a", { phone: PHONE, email: "anna@EXAMPLE.test" }),
        learner(2, "b", { employeeNo: "T 99-1" }),
        learner(3, "c", { phone: "170-0000-0001" }),
        learner(4, "d", { externalId: "ａ_TEST", phone: PHONE }),
        learner(5, "e", { externalId: "a_test", phone: PHONE }),
        learner(6, "f", { externalId: "aXTEST", phone: PHONE }),
        learner(7, "g", { email: "anna@example.test.org", phone: PHONE }),
        learner(8, "h", { email: "?@example.test", phone: PHONE }),
        learner(9, "i", { phone: "17000000010", employeeNo: "E1" }),
        ...["a", "b", "c", "d", "e", "f", "g", "h", "i"].map((id, n) => exam(n + 10, n + 1, { id }, "1.00"))
      ]
      expect(await outcome(people, changes)).toEqual({
        1: "UNQUALIFIED",
        2: "UNQUALIFIED",
        3: "UNQUALIFIED",
        4: "UNQUALIFIED",
        5: "E1",
        6: "E1",
        7: "E1",
        8: "E1",
        9: "E1"
      })
    })

    it("only who has a status that counts is hit (G7)", async () => {
      const people = [
        { no: "E1", mobile: PHONE, status: "离职" },
        { no: "E2", mobile: PHONE, status: "试用" },
        { no: "E3", mobile: "13800000002", status: "left" },
        { no: "E4", mobile: "13800000003", status: "ACTIVE" },
        { no: "E9", mobile: "13800000004", status: "left", merged: "E2" }
      ]
      const phones = [PHONE, "13800000002", "13800000003", "13800000004"]
      const changes = phones.map((phone, n) => exam(n + 1, n + 1, { phone }, "1.00"))
      expect(await outcome(people, changes)).toEqual({ 1: "E2", 2: "ABSENT", 3: "ABSENT", 4: "E2" })
    })

    it("who was merged into another is that one, and who was hired twice is one (G7)", async () => {
      const people = [
        { no: "E1", mobile: PHONE },
        { no: "E9", mobile: PHONE, merged: "E1", left_on: "2020-01-01" },
        { no: "E2", mobile: "13800000002", hired: "2015-01-01", left_on: "2018-01-01" },
        { no: "E2", mobile: "13800000002", hired: "2024-01-01" },
        { no: "E3", mobile: "138.0000.0003", hired: "2015-01-01", left_on: "2018-01-01" },
        { no: "E3", mobile: "(+86) 138-0000 0003", hired: "2024-01-01" }
      ]
      const changes = [
        exam(1, 1, { phone: PHONE }, "1.00"),
        exam(2, 2, { employeeNo: "E9" }, "1.00"),
        exam(3, 3, { phone: "13800000002" }, "1.00", taken("2016-05-05")),
        exam(4, 4, { phone: "13800000002" }, "1.00", taken("2020-05-05")),
        exam(5, 5, { phone: "13800000002" }, "1.00", taken("2026-05-05")),
        exam(6, 6, { phone: "13800000003" }, "1.00", taken("2016-05-05")),
        exam(7, 7, { phone: "13800000003" }, "1.00", taken("2026-05-05"))
      ]
      const filed = { 1: "E1", 2: "E1", 3: "E2", 4: "ABSENT", 5: "E2", 6: "E3", 7: "E3" }
      expect(await outcome(people, changes)).toEqual(filed)
    })
  })
}

/** People's word does not go against what HR's own row says. */
export const leaversConformance = (
  name: string,
  open: () => Promise<{ readonly world: ProvingWorld; readonly desk: HeldDesk }>
): void => {
  describe(`people's word: ${name}`, () => {
    it("files nothing for who has left or was merged into another (G7)", async () => {
      const { desk, world } = await open()
      await world.enter(
        { no: "LEFT", left_on: "2020-01-01" },
        { no: "GONE", merged: "HERE" },
        { no: "HERE", left_on: "2037-01-01" },
        { no: "OTHER", status: "contractor" }
      )
      const store = world.proving()
      const { epoch } = await Effect.runPromise(store.takeOver)
      await Effect.runPromise(store.apply(epoch, batch(0, [exam(1, 1, { id: "7", phone: PHONE }, "1.00")])))
      const order = { place: 0, subject: "7", why: "they say so" }
      const problems = []
      for (const employee of ["LEFT", "GONE", "OTHER", "NOBODY"]) {
        const error = await Effect.runPromise(Effect.flip(desk.resolve([{ ...order, employee }], "ann")))
        problems.push("orders" in error ? error.orders[0]!.problem : error._tag)
      }
      expect(problems).toEqual([
        "EMPLOYEE_LEFT",
        "EMPLOYEE_MERGED",
        "EMPLOYEE_UNQUALIFIED",
        "EMPLOYEE_UNKNOWN"
      ])
      await Effect.runPromise(desk.resolve([{ ...order, employee: "HERE" }], "ann"))
      expect((await world.profile(EXAM)).map((row) => row["工号"])).toEqual(["HERE"])
      const moved = await Effect.runPromise(
        Effect.flip(desk.relink({ learner: "7", to: "LEFT", by: "ann", why: "they say so" }))
      )
      expect(moved).toMatchObject({ orders: [{ problem: "EMPLOYEE_LEFT" }] })
    })

    it("links an account that is excluded, and what comes later follows; the others stay parked and apart (G1, G7)", async () => {
      const { desk, world } = await open()
      await world.enter({ no: "E1", mobile: PHONE })
      const store = world.proving()
      const { epoch } = await Effect.runPromise(store.takeOver)
      const test = (n: number, result: number, id: string) =>
        exam(n, result, { id, externalId: `${id}_TEST` }, "1.00")
      await Effect.runPromise(store.apply(epoch, batch(0, [test(1, 1, "a"), test(2, 2, "b")])))
      expect(await Effect.runPromise(store.release(epoch))).toMatchObject({ released: 0 })
      expect(await Effect.runPromise(desk.counts)).toEqual({ waiting: 0, ignored: 0, unqualified: 2 })
      const parked = { states: ["waiting", "ignored"], reason: "UNQUALIFIED" } as const
      expect(await Effect.runPromise(desk.list(parked, 9))).toHaveLength(2)
      await Effect.runPromise(
        desk.resolve([{ place: 0, subject: "a", employee: "E1", why: "not a test after all" }], "ann")
      )
      await Effect.runPromise(store.apply(epoch, batch(2, [test(3, 3, "a")])))
      expect((await world.profile(EXAM)).map((row) => row["result_id"])).toEqual(["lms.exam:1", "lms.exam:3"])
      expect(await world.held()).toEqual([["lms.exam:2", "UNQUALIFIED"]])
      // The account is no test any more: its keys are judged anew.
      const changed = learner(4, "b", { phone: PHONE })
      const later = exam(5, 2, { id: "b", externalId: "b" }, "2.00")
      await Effect.runPromise(store.apply(epoch, batch(3, [changed, later])))
      expect(await world.held()).toEqual([])
    })
  })
}

/** Between two readings of the whole table only changed rows are read. `left_on` stands for the time of a change. */
export const changedRowsConformance = (name: string, open: () => Promise<ProvingWorld>): void => {
  it(`changed employees: ${name}: whom HR entered in an unusual spelling is found by what changed, an unseen change by the whole reading (G7)`, async () => {
    const world = await open()
    const { leftOn: changedAt, ...rest } = PROVING
    const employees = { ...rest, changedAt: changedAt! }
    await world.enter({ no: "E1", mobile: "138.0000.0001", left_on: "2026-01-01" })
    const store = world.proving(employees)
    const { epoch } = await Effect.runPromise(store.takeOver)
    const phones = [1, 2, 3, 4].map((n) => exam(n, n, { phone: `1380000000${n}` }, "1.00"))
    await Effect.runPromise(store.apply(epoch, batch(0, phones)))
    const people = async () => new Set((await world.profile(EXAM)).map((row) => row["工号"]))
    expect(await people()).toEqual(new Set(["E1"]))
    await world.enter(
      { no: "E2", mobile: "138.0000.0002", left_on: "2026-01-02" },
      { no: "E3", mobile: "138.0000.0003", left_on: "2025-01-01" },
      { no: "E4", mobile: "138.0000.0009", left_on: "2026-01-02" },
      { no: "E4", mobile: "138.0000.0004", left_on: "2025-01-01" }
    )
    await Effect.runPromise(store.readEmployees)
    await Effect.runPromise(store.release(epoch))
    expect(await people()).toEqual(new Set(["E1", "E2", "E4"]))
    const next = world.proving(employees)
    const lease = await Effect.runPromise(next.takeOver)
    await Effect.runPromise(next.readEmployees)
    await Effect.runPromise(next.release(lease.epoch))
    expect(await people()).toEqual(new Set(["E1", "E2", "E3", "E4"]))
  })
}
