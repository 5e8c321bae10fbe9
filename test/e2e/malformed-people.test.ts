/** Rows of the learners' own table that nobody expects, from the training database to the HR database. */
import { createHash } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { afterEach, describe, expect, it } from "vitest"
import { DbaWorld, mysql, postgresql } from "./DbaWorld.ts"

const CASE_MILLIS = 300_000

/** Longer than a key of any of gradewire's own tables, and nothing that could be compressed. */
const LONG = Array.from({ length: 46 }, (_, n) => createHash("sha256").update(`${n}`).digest("hex"))
  .join("")
  .slice(0, 2900)

const LEARNERS = `  - table: lms.learner
    as: learner
    key: [code]
    fields: { phone: phone, email: email, name: name }
`

describe.each([
  // The learner's key, the name with a 0x00 that PostgreSQL has no place for, and the score that names the former.
  ["postgresql", postgresql, [/lms\.learner +54000/, /lms\.learner +22P05/, /lms\.taken:1 +54000/], {}],
  ["mysql", mysql, [/lms\.learner +1406 +1406 column learner_id/, /lms\.taken:1 +1406/], { 2: "E2" }]
] as const)("learners' rows on %s", { timeout: CASE_MILLIS }, (_, people, refused, takes) => {
  let world: DbaWorld | undefined
  afterEach(() => world?.close())

  it("that the HR database cannot keep are dead letters alone; everybody else's scores are filed, and a mended row's too (G1, G3, G7)", async () => {
    world = await DbaWorld.open("mysql", people)
    const { config, lms, program } = world
    const hr = world.people
    await lms.query(`create table lms.learner (code varchar(3000) character set latin1 primary key, phone varchar(200),
        email varchar(500), name varchar(100)) row_format = dynamic;
      create table lms.taken (id int primary key, learner varchar(3000) character set latin1, points decimal(5,2))`)
    await world.configure("raw: points")
    const text = await readFile(config, "utf8")
    await writeFile(
      config,
      text
        .replace("  - table: lms.score", `${LEARNERS}  - table: lms.taken`)
        .replace("phone: phone, raw: points", "learner: learner, raw: points")
    )
    await hr.sql("insert into hr.employee values ('E2', '13800000002'), ('E3', '13800000003')")
    await lms.query(
      `insert into lms.learner values (?, '13800000001', null, 'x'), ('nul', '13800000002', concat('a', char(0), '@example.org'), concat('b', char(0))),
        ('odd', 'ask the front desk ☎', repeat('a', 400), null), ('old', '13800000003', null, null);
      insert into lms.taken values (1, ?, 81), (2, 'nul', 82), (3, 'odd', 83), (4, null, 84), (5, 'new', 85), (6, 'old', 86)`,
      [LONG, LONG]
    )
    world.run()
    const records = async () =>
      Object.fromEntries(
        (await hr.sql("select ref, employee from hr.record order by ref")).map((row) => [
          String(row["ref"]).at(-1),
          row["employee"]
        ])
      )
    const printed = async (...args: ReadonlyArray<string>) => {
      const { code, out } = await program.run(...args, "--config", config)
      expect(code).toBe(0)
      return out
    }
    await world.until(async () => ("6" in (await records()) ? true : undefined))
    await world.caughtUp()
    expect(await records()).toEqual({ ...takes, 6: "E3" })
    const letters = await printed("deadletters", "list")
    for (const letter of refused) expect(letters).toMatch(letter)
    expect(letters.match(/ OPEN /g)).toHaveLength(refused.length)
    const held = await printed("held", "list")
    expect(held).toMatch(/lms\.taken:3 .* ABSENT .*\n.*lms\.taken:4 +- +ABSENT /)
    expect(held).toMatch(/lms\.taken:5 .* LEARNER_UNKNOWN /)

    // A new key is another learner, and the old one's scores stay whose they are.
    await lms.query(`update lms.learner set code = 'new' where code = 'old';
      update lms.learner set name = null where code = 'nul'; update lms.learner set phone = '13800000001' where code = 'odd'`)
    const all = { 2: "E2", 3: "E1", 5: "E3", 6: "E3" }
    await world.until(async () => (Object.keys(await records()).length < 4 ? undefined : true))
    expect(await records()).toEqual(all)
    expect(program.printed).not.toMatch(/front desk|ask the|13800000002|"level":"error"/)
  })
})
