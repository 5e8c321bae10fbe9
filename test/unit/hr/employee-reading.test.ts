import { Effect, Logger } from "effect"
import { expect, it } from "vitest"
import { employeeReading, type EmployeeSource } from "../../../connectors/hr/employee-reading.ts"
import type { EmployeesConfig } from "../../../schemas/employees-config.ts"

const EMPLOYEES: EmployeesConfig = {
  table: "hr.employee",
  key: "no",
  match: [{ learner: "employeeNo", employee: "no" }]
}

/** A table without rows that remembers the rules of the last reading. */
const emptyTable = () => {
  const stored: Array<string> = []
  const source: EmployeeSource = {
    lastRules: Effect.sync(() => stored.at(-1)),
    newestChange: Effect.undefined,
    rowsFrom: () => Effect.succeed([]),
    put: () => Effect.void,
    forgetOld: Effect.void,
    complete: (rules) => Effect.sync(() => stored.push(rules))
  }
  return { source, stored }
}

/** Begins under each of the configurations in turn; what was warned of at each beginning. */
const warnings = async (...configurations: ReadonlyArray<EmployeesConfig>) => {
  const { source, stored } = emptyTable()
  const warned: Array<Array<string>> = []
  for (const employees of configurations) {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(JSON.stringify(message)))
    await Effect.runPromise(Effect.provide(employeeReading(employees, source).once, Logger.layer([logger])))
    warned.push(lines)
  }
  return { warned, readings: stored.length }
}

it("a change of the keys' forms is warned of, with the command that mends it, once (G7)", async () => {
  const padded = { ...EMPLOYEES, number: { width: 6 } }
  const { readings, warned } = await warnings(EMPLOYEES, padded, padded)
  expect(warned[0]).toEqual([])
  expect(warned[1]).toHaveLength(1)
  expect(warned[1]![0]).toContain("gradewire snapshot start --table")
  expect(warned[2]).toEqual([])
  expect(readings).toBe(2)
})

it("another rule reads the employees anew, and leaves learners as they are (G7)", async () => {
  const [byNumber] = EMPLOYEES.match
  const more: EmployeesConfig = { ...EMPLOYEES, match: [byNumber, { learner: "email", employee: "mail" }] }
  const { readings, warned } = await warnings(EMPLOYEES, more)
  expect(warned).toEqual([[], []])
  expect(readings).toBe(2)
})
