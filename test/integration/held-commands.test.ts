/** `gradewire held` and `gradewire trace` as shipped, against a real HR database; nothing else answers. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { LoneHr } from "../e2e/LoneHr.ts"

let world: LoneHr
let config: string

beforeAll(async () => {
  world = await LoneHr.open("held-test")
  config = world.config
  await gradewire("migrate", "--config", config)
})

afterAll(() => world?.close())

const gradewire = (...args: ReadonlyArray<string>) => world.program.run(...args)

describe("the shipped program's commands for people", () => {
  it("show held scores and take people's word about whose they are, by command and by file (G1, G7, G9)", async () => {
    const client = new Client({ connectionString: world.server.url })
    await client.connect()
    await client.query("insert into hr.employee values ('E00042', '13800000042')")
    await client.query(
      "insert into gradewire.apply_offset (connector, position, epoch, holder, updated_at) values ('held-test', '0', 1, 'x', now())"
    )
    for (const n of [1, 2, 3, 4]) {
      const position = `0001-0000000001-0000000000000${n}-0017592202821632`
      const learner = n < 3 ? "13900000007" : null
      const event = {
        id: `e${n}`,
        subject: "lms.成绩",
        type: "gradewire.score.recorded.v1",
        sequence: position,
        data: {
          resultId: `lms.成绩:${n}`,
          learner: { id: learner, phone: "+8613900000007" },
          score: { raw: "99.25" }
        }
      }
      await client.query(
        "insert into gradewire.held_change values ('held-test', $1, $2, $3, $4, 'ABSENT', 0, now(), now())",
        [event.data.resultId, position, JSON.stringify(event), learner]
      )
    }
    const held = (...args: ReadonlyArray<string>) => gradewire("held", ...args, "--config", config)
    const list = await held("list")
    expect(list.out).toMatch(/RESULT.*\n.*lms\.成绩:1.*139•••07.*ABSENT.*WAITING/)
    expect(list.out).toContain("4 held, 0 put aside.")
    expect((await held("list", "-o", "csv", "--reveal")).out).toContain("lms.成绩:1,13900000007,ABSENT")
    const shown = await held("show", "lms.成绩:1")
    expect(shown.out).toContain("No employee has any of these keys.")
    expect(`${list.out}${shown.out}`).not.toMatch(/99\.25|13900000007/)
    expect((await held("show", "lms.成绩:1", "--reveal")).out).toMatch(/13900000007[^]*99\.25/)

    const why = "HR 已核实"
    const wrong = await held("resolve", "lms.成绩:1", "--to", "42", "--reason", why)
    expect(wrong).toMatchObject({
      code: 1,
      err: expect.stringContaining("HeldRefused: nothing was changed: EMPLOYEE_UNKNOWN")
    })
    const put = await held("ignore", "lms.成绩:4", "--reason", "test account")
    expect(put).toMatchObject({ code: 0, out: "1 result put aside.\n" })
    const done = await held("resolve", "lms.成绩:3", "--to", "E00042", "--reason", why, "--by", "ann")
    expect(done).toMatchObject({ code: 0, out: "lms.成绩:3: 1 result filed\n" })

    const exported = (await held("export", "--state", "waiting", "--reveal")).out
    // Reading as text takes the byte order mark away.
    expect(exported.split("\n")[0]).toBe(
      "result,learner,results,reason,candidates,heldAt,employeeNo,externalId,phone,email,name,employee,note"
    )
    expect(exported).toContain("lms.成绩:1,13900000007,2,ABSENT,0,")
    // What a spreadsheet would calculate.
    expect(exported).toContain(",'+8613900000007,")
    expect((await held("export", "--state", "waiting")).out).not.toMatch(/13900000007/)
    const back = join(world.program.folder, "held.csv")
    const filled = (employee: string) =>
      exported.replace(/,,\s*$/, `,${employee},Liste\n`).replaceAll(",", ";")
    await writeFile(back, `${filled("E00042")}lms.成绩:9;;;;;;;;;;;E7;\nlms.成绩:8\n`)
    const bad = await held("import", back, "--reason", why)
    expect(bad).toMatchObject({ code: 1, err: expect.stringContaining("line 3 EMPLOYEE_UNKNOWN") })
    await writeFile(back, `${filled("E00042")}lms.成绩:8\n`)
    const imported = await held("import", back, "--reason", why)
    expect(imported.out).toBe("learner 139•••07 (lms.成绩:1): 2 results filed\n1 lines name no employee.\n")
    const again = await held("import", back, "--reason", why, "-o", "json")
    expect(JSON.parse(again.out)).toEqual({ people: [], already: 1, empty: 1 })
    await writeFile(back, "a,b\n1,2\n")
    expect((await held("import", back, "--reason", why)).err).toContain("HeldFileUnreadable")
    expect((await held("import", "nowhere.csv", "--reason", why)).err).toContain("HeldFileUnreadable")

    const filed = await client.query(
      "select employee_no, count(*)::integer as n from hr.exam_score group by 1"
    )
    expect(filed.rows).toEqual([{ employee_no: "E00042", n: 3 }])
    const notes = await client.query(
      "select by_whom, why from gradewire.person_decision where action = 'resolve' order by at"
    )
    expect(notes.rows).toMatchObject([{ by_whom: "ann", why }, { why: "Liste" }])
    await client.query("insert into hr.employee values ('E00043', '13800000043')")
    const moved = await held("relink", "13900000007", "--to", "E00043", "--reason", "number was given away")
    expect(moved.out).toBe("2 results moved from E•••2 to E•••3; what comes later follows.\n")
    expect((await held("restore", "lms.成绩:4", "--reason", "was one after all")).out).toBe(
      "1 result taken back.\n"
    )
    const trace = (...args: ReadonlyArray<string>) => gradewire("trace", ...args, "--config", config)
    const filedNow = await trace("lms.成绩:1")
    expect(filedNow.out).toMatch(
      /^lms\.成绩:1: FILED – .*\n\nchange:[^]*matching:\s+learner 139•••07 is E•••3 by relink, since .*\nfiled by:\s+relink\n/
    )
    expect(filedNow.out).toMatch(/Decisions:\n.*resolve to E•••2 by .*Liste\n.*relink from E•••2 to E•••3/)
    expect((await trace("lms.成绩:4")).out).toMatch(/HELD – its person is not proven: ABSENT/)
    expect((await trace("lms.exam:4")).out).toContain("maps no score table of this name")
    const all = await trace("--employee", "E00043", "-o", "json")
    expect(JSON.parse(all.out)).toMatchObject({
      results: [{}, {}],
      links: [{ rule: "relink" }],
      decisions: [{}]
    })
    expect(`${filedNow.out}${all.out}`).not.toMatch(/99\.25|13900000007|E00043/)
    expect(await trace()).toMatchObject({ code: 2, out: "" })
    await client.end()
  })
})
