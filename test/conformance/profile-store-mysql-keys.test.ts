/** What only real MySQL and MariaDB servers can show: keys, second unique indexes, what a refusal says. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { batch, EMPLOYEES, exam, SCORES } from "./hr-world.ts"
import { anna, mysqlBench, withEmployees } from "./mysql-bench.ts"

describe.each(["mysql", "mariadb"] as const)("keys on %s", (kind) => {
  const bench = mysqlBench(kind)
  const { apply, refused, release, sql } = bench
  const keyed = (n: number, key: string, raw: string) =>
    exam(n, 0, anna, raw, { resultId: `lms.exam:${key}` })

  it("two that differ in case or in trailing spaces are two results (G2)", async () => {
    await sql("drop table if exists hr.kept")
    await bench.target({ a: ["decimal(5,2)", "score.raw"] })
    await sql("alter table hr.kept modify result varbinary(64)")
    await bench.takeOver(bench.store)
    const all = [keyed(1, "a", "1.00"), keyed(2, "A", "2.00"), keyed(3, "a ", "3.00"), keyed(4, "á", "4.00")]
    expect(await apply(batch(0, all))).toMatchObject({ applied: 4 })
    expect(await apply(batch(4, [keyed(5, "a", "5.00"), keyed(6, "a ", "6.00")]))).toMatchObject({
      applied: 2
    })
    const rows = await sql("select convert(result using utf8mb4) as result, a from hr.kept order by a")
    expect(rows.map((row) => [row["result"], row["a"]])).toEqual([
      ["lms.exam:A", "2.00"],
      ["lms.exam:á", "4.00"],
      ["lms.exam:a", "5.00"],
      ["lms.exam:a ", "6.00"]
    ])
  })

  it("where the target's collation takes them for one, the second is a dead letter, never an overwrite (G2)", async () => {
    await bench.target({ a: ["decimal(5,2)", "score.raw"] })
    await apply(batch(0, [keyed(1, "a", "1.00")]))
    expect(await refused(batch(1, [keyed(2, "A", "2.00")]))).toMatchObject({
      _tag: "RowRefused",
      code: "1062",
      detail: expect.stringMatching(/^1062 key (kept\.)?PRIMARY$/)
    })
    expect(await bench.kept()).toEqual([{ result: "lms.exam:a", a: "1.00" }])
  })

  it("an upsert never reaches another row by way of a second unique index (G2)", async () => {
    await bench.target(
      { seat: ["varchar(9)", "attributes.note"], a: ["decimal(5,2)", "score.raw"] },
      ", unique key one_seat (seat)"
    )
    const seated = (n: number, result: number, note: string, raw: string) =>
      exam(n, result, anna, raw, { attributes: { note } })
    await apply(batch(0, [seated(1, 1, "s1", "1.00")]))
    // ON DUPLICATE KEY UPDATE would have given result 1 the score of result 2 here.
    const taken = batch(1, [seated(2, 2, "s1", "2.00")])
    const error = await refused(taken)
    expect(error).toMatchObject({
      _tag: "RowRefused",
      code: "1062",
      detail: expect.stringMatching(/one_seat$/)
    })
    expect(error.message).not.toContain("s1")
    await apply({ ...taken, refusal: { reason: "REFUSED", detail: "1062" } })
    expect(await bench.kept()).toEqual([{ result: "lms.exam:1", seat: "s1", a: "1.00" }])
    await sql("update hr.kept set seat = 's9'")
    await bench.world.decide("lms.exam:2", "replay")
    expect((await release()).released).toBe(1)
    expect((await bench.kept()).map((row) => row["a"])).toEqual(["1.00", "2.00"])
  })

  it("people are proven byte for byte, whatever the employee table's collation is (G7)", async () => {
    await sql("insert into hr.employee values ('E7', 'Phone', null), ('e7', 'phone ', null)")
    const keys = [
      { phone: "phone" },
      { phone: "Phone" },
      { phone: "phone " },
      { employeeNo: "É 7" },
      { phone: "Phoné" }
    ]
    const exact = { scores: SCORES, employees: { ...EMPLOYEES, phone: "exact" }, zone: 480 } as const
    await bench.takeOver(bench.worlds.processOf(exact))
    await apply(
      batch(
        0,
        keys.map((key, index) => exam(index + 1, index + 1, key, "1.00"))
      )
    )
    const rows = await bench.world.profile("hr.training_record")
    expect(rows.map((row) => [row["result_id"], row["工号"]])).toEqual([
      ["lms.exam:2", "E7"],
      ["lms.exam:3", "e7"]
    ])
  })

  it("employee numbers in a number column match in their canonical form alone (G7)", async () => {
    await sql("drop table if exists hr.numbered")
    await sql("create table hr.numbered (id bigint primary key, mobile char(11), key (mobile))")
    await sql("insert into hr.numbered values (7, '13800000001'), (8, '13800000008')")
    await bench.target({ who: ["int", "employee"] })
    const employees = {
      table: "hr.numbered",
      key: "id",
      match: [
        { learner: "employeeNo", employee: "id" },
        { learner: "phone", employee: "mobile" }
      ]
    } as const
    const mapping = withEmployees(employees, { result: "resultId", who: "employee" })
    await bench.takeOver(bench.worlds.processOf(mapping))
    const keys = [
      { employeeNo: "7" },
      { employeeNo: "07" },
      { employeeNo: "x" },
      { phone: "13800000008" },
      { employeeNo: "99999999999999999999" },
      { employeeNo: "7\n" }
    ]
    const changes = keys.map((key, index) => exam(index + 1, index + 1, key, null))
    expect(await apply(batch(0, changes))).toMatchObject({ applied: 3, held: 3 })
    expect(await sql("select result, who from hr.kept order by 1")).toEqual([
      { result: "lms.exam:1", who: 7 },
      { result: "lms.exam:4", who: 8 },
      { result: "lms.exam:6", who: 7 }
    ])
  })

  it("a result whose key is too long for the ledger is a dead letter all the same (G1)", async () => {
    await bench.target({ a: ["decimal(5,2)", "score.raw"] })
    const given = batch(0, [keyed(1, "k".repeat(800), "1.00")])
    expect(await refused(given)).toMatchObject({ _tag: "RowRefused", code: "1406" })
    expect(await apply({ ...given, refusal: { reason: "REFUSED", detail: "1406" } })).toMatchObject({
      dead: 1
    })
    expect(await bench.world.letters()).toEqual([[null, "open"]])
  })
})

describe.each(["mysql", "mariadb"] as const)("refusals on %s", (kind) => {
  const bench = mysqlBench(kind)
  const { apply, refused, release, sql } = bench

  it("a lone surrogate is refused, and stands in the dead letters as it came (G1)", async () => {
    const given = batch(0, [exam(1, 1, anna, "1.00", { attributes: { note: "a\ud800b" } })])
    expect(await refused(given)).toMatchObject({ _tag: "RowRefused" })
    expect(await apply({ ...given, refusal: { reason: "REFUSED", detail: "" } })).toMatchObject({ dead: 1 })
    const [letter] = await sql("select event from gradewire.dead_letter")
    expect(letter!["event"]).toContain("a\\ud800b")
    await bench.world.decide("lms.exam:1", "replay")
    expect(await release()).toEqual({ released: 0, held: 0 })
    expect(await bench.world.letters()).toEqual([["lms.exam:1", "open"]])
  })

  it("say which constraint or column, and no value (G9)", async () => {
    const secret = "a secret' for key 'title"
    const given = batch(0, [exam(1, 1, anna, "1.00", { attributes: { note: secret } })])
    await sql("alter table hr.training_record add constraint no_secrets check (`no\"te` not like '%secret%')")
    const checked = await refused(given)
    await sql("alter table hr.training_record drop constraint no_secrets")
    expect(checked).toMatchObject({
      _tag: "RowRefused",
      detail: expect.stringMatching(/^(3819|4025) constraint no_secrets$/)
    })
    await sql('alter table hr.training_record modify `no"te` varchar(3), add unique key once (`no"te`)')
    await bench.takeOver(bench.store)
    const long = await refused(given)
    expect(long).toMatchObject({ detail: '1406 column no"te' })
    await sql('alter table hr.training_record modify `no"te` varchar(99)')
    await apply(given)
    const doubled = await refused(batch(1, [exam(2, 2, anna, "1.00", { attributes: { note: secret } })]))
    expect(doubled.message).toMatch(/1062 key (training_record\.)?once$/)
    for (const error of [checked, long, doubled])
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain("secret'")
    await sql('alter table hr.training_record drop key once, modify `no"te` text')
  })

  it("a trigger's SIGNAL refuses the row, under any number, and says nothing of its text (G3, G9)", async () => {
    await sql(`create trigger hr.refuse before insert on hr.training_record for each row
      signal sqlstate '45000' set message_text = 'not E001', mysql_errno = 31001`)
    const error = await refused(batch(0, [exam(1, 1, anna, "1.00")]))
    await sql("drop trigger hr.refuse")
    expect(error).toMatchObject({ _tag: "RowRefused", code: "31001", detail: "31001" })
    expect(error.message).not.toContain("E001")
  })

  it("a batch that the server's packet has no room for is split as one with a bad row is (G8)", async () => {
    const [row] = await sql("select @@max_allowed_packet as bytes")
    await sql("set global max_allowed_packet = 65536")
    await bench.takeOver(bench.worlds.process())
    const note = "x".repeat(10_000)
    const all = [1, 2, 3, 4].map((n) => exam(n, n, anna, "1.00", { attributes: { note } }))
    const error = await refused(batch(0, all))
    await apply(batch(0, all.slice(0, 2)))
    await sql(`set global max_allowed_packet = ${row!["bytes"]}`)
    expect(error).toMatchObject({ _tag: "RowRefused", code: "1153" })
    expect((await bench.world.profile("hr.training_record")).length).toBe(2)
  })

  it("a table that is altered under way is read anew at the next takeover (G3)", async () => {
    await sql("alter table hr.training_record rename column title to caption")
    expect(await refused(batch(0, [exam(1, 1, anna, "1.00")]))).toMatchObject({
      _tag: "StoreMisconfigured",
      fate: "halt"
    })
    await sql("alter table hr.training_record rename column caption to title")
    await bench.takeOver(bench.store)
    expect(await apply(batch(0, [exam(1, 1, anna, "1.00")]))).toMatchObject({ applied: 1 })
    expect(await Effect.runPromise(bench.store.offset)).toBeDefined()
  })
})
