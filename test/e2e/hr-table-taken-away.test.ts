/** HR's own table is taken away from a running connector, as a right and as a column, and given back. */
import { readFile, writeFile } from "node:fs/promises"
import { afterEach, describe, expect, it } from "vitest"
import { DbaWorld, mysql, postgresql, type People } from "./DbaWorld.ts"

const CASE_MILLIS = 300_000

interface Kind {
  readonly name: string
  /** With an account that has no more rights than it needs. */
  readonly open: () => Promise<People>
  readonly revoke: string
  readonly grant: string
  /** What names the table in the line that apply writes. */
  readonly unreadable: RegExp
  readonly atStart: RegExp
}

const KINDS: ReadonlyArray<Kind> = [
  {
    name: "postgresql",
    open: async () => {
      const people = await postgresql()
      await people.sql(`create role plain login; grant create on database postgres to plain; grant usage on schema hr to plain;
        grant select on hr.employee to plain; grant select, insert, update, delete on hr.record to plain`)
      return { ...people, yaml: people.yaml.replace(/user: \w+/, "user: plain") }
    },
    revoke: "revoke select on hr.employee from plain",
    grant: "grant select on hr.employee to plain",
    unreadable: /"message":"apply waits for the HR database"[^\n]*42501 table employee[^\n]*GRANT SELECT ON/,
    atStart:
      /StoreMisconfigured[^]*42501 table employee[^]*GRANT SELECT ON \\"hr\\"\.\\"employee\\" TO \\"plain\\";/
  },
  {
    name: "mysql",
    open: async () => {
      const people = await mysql()
      await people.sql(`create user plain@'%'; grant all on gradewire.* to plain@'%'; grant select on hr.employee to plain@'%';
        grant select, insert, update, delete on hr.record to plain@'%'`)
      return { ...people, yaml: people.yaml.replace("user: root", "user: plain") }
    },
    revoke: "revoke select on hr.employee from plain@'%'",
    grant: "grant select on hr.employee to plain@'%'",
    unreadable:
      /"message":"apply waits for the HR database"[^\n]*1142 table (hr\.)?employee[^\n]*GRANT SELECT ON/,
    atStart:
      /StoreMisconfigured[^]*table hr\.employee of the HR database is not there, or this user may not see it/
  }
]

describe.each(KINDS)("HR's employees on $name", { timeout: CASE_MILLIS }, (kind) => {
  let world: DbaWorld | undefined
  afterEach(() => world?.close())

  it("that may not be read any more, or lack a column, are waited for in plain words; nothing is lost (G1, G3, G7)", async () => {
    world = await DbaWorld.open("mysql", kind.open)
    const { people, program } = world
    const asked = world
    const printed = (pattern: RegExp, from: number) =>
      asked.until(async () => (pattern.test(program.printed.slice(from)) ? true : undefined))
    const state = async () =>
      (await asked.status()).processes?.flatMap(({ roles }) => roles).find(({ role }) => role === "apply")
    world.run()
    await world.exam(1, "81.00")
    await world.until(world.filed(1))

    let from = program.printed.length
    await people.sql(kind.revoke)
    await world.exam(2, "82.00")
    await printed(kind.unreadable, from)
    expect(await state()).toMatchObject({ state: "waiting", why: "StoreMisconfigured" })
    await people.sql(kind.grant)
    await world.until(world.filed(2))
    await printed(/has what apply waited for/, from)

    from = program.printed.length
    await people.sql("alter table hr.employee rename column mobile to cell")
    await world.exam(3, "83.00")
    await printed(/apply waits for the HR database[^]*column mobile of table hr\.employee is not there/, from)
    await people.sql("alter table hr.employee rename column cell to mobile")
    await world.until(world.filed(3))
    expect(world.running.exitCode).toBeNull()
    expect(await people.sql("select count(*) as n from gradewire.dead_letter")).toMatchObject([
      { n: expect.toSatisfy((n) => Number(n) === 0) }
    ])
    await program.stop(world.running)

    await people.sql(kind.revoke)
    const blind = await program.run("run", "--config", world.config, "--role", "apply", "--http", "off")
    expect(blind.code).toBe(1)
    expect(`${blind.err}${blind.out}`).toMatch(kind.atStart)
    await people.sql(kind.grant)
    const text = await readFile(world.config, "utf8")
    await writeFile(world.config, text.replace("employee: mobile }", "employee: cellphone }"))
    const misnamed = await program.run("run", "--config", world.config, "--role", "apply", "--http", "off")
    expect(misnamed.code).toBe(1)
    expect(`${misnamed.err}${misnamed.out}`).toMatch(/column cellphone of table hr\.employee is not there/)
  })
})
