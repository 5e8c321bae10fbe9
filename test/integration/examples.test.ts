/**
 * The example configurations, run by the shipped program against the table shapes of the systems that they are for: what
 * is mapped of each, as its public table definitions have it.
 */
import type { ChildProcess } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { ShippedProgram } from "../support/ShippedProgram.ts"

const CASE_MILLIS = 300_000
const LIMIT_MILLIS = 40_000

const TRAINING = `
create database peixun; create database moodle; create database edxapp;
create table peixun.学员 (手机号 varchar(20) primary key, 姓名 varchar(40), 企业微信 varchar(64));
create table peixun.考试 (编号 int primary key, 名称 varchar(80), 满分 decimal(6,2), 及格分 decimal(6,2));
create table peixun.成绩 (id int primary key, 手机号 varchar(20), 考试编号 int, 分数 decimal(6,2), 第几次 int,
  开始时间 datetime, 完成时间 datetime);
create table moodle.mdl_user (id bigint primary key, deleted tinyint not null default 0, username varchar(100) not null,
  idnumber varchar(255) not null default '', email varchar(100) not null default '');
create table moodle.mdl_quiz (id bigint primary key, name varchar(255) not null, grade decimal(10,5) not null);
create table moodle.mdl_quiz_grades (id bigint primary key, quiz bigint not null, userid bigint not null,
  grade decimal(10,5) not null, timemodified bigint not null);
create table moodle.mdl_grade_items (id bigint primary key, itemname varchar(255), grademax decimal(10,5) not null,
  gradepass decimal(10,5) not null);
create table moodle.mdl_grade_grades (id bigint primary key, itemid bigint not null, userid bigint not null,
  rawgrade decimal(10,5), rawgrademax decimal(10,5) not null default 100, rawgrademin decimal(10,5) not null default 0,
  finalgrade decimal(10,5), overridden bigint not null default 0, timemodified bigint);
create table edxapp.auth_user (id int primary key, username varchar(150) not null, email varchar(254) not null);
create table edxapp.grades_persistentcoursegrade (id bigint unsigned primary key, user_id int not null,
  course_id varchar(255) not null, percent_grade double not null, letter_grade varchar(255) not null,
  passed_timestamp datetime(6) null);

insert into peixun.学员 values ('13800000001', '王小明', null), ('13800000002', '李娜', ''), ('13800000003', '陈 强', null),
  ('13800000004', '周 琦', 'ZhouQi');
insert into peixun.考试 values (7, '安全生产 😀', 100, 60);
insert into peixun.成绩 values (1, '13800000001', 7, 87.50, 1, '2026-11-20 09:00:00', '2026-11-20 09:40:00'),
  (2, '13800000001', 7, 92, 2, '2026-11-21 09:00:00', '2026-11-21 09:40:00'),
  (3, '13800000002', 7, 55, 1, '2026-11-20 10:00:00', '2026-11-20 10:20:00'),
  (4, '13800000003', 7, 70, 1, '2026-11-20 11:00:00', '2026-11-20 10:20:00'),
  (5, '13800000004', 7, 61, 1, '2026-11-20 11:00:00', '2026-11-20 11:20:00');
insert into moodle.mdl_user values (3, 0, 'ann', '0042', 'ann@example.org'), (4, 0, 'bo', '', 'Bo@Example.org'),
  (5, 0, 'guest', '', '');
insert into moodle.mdl_quiz values (9, 'Fire drill', 10);
insert into moodle.mdl_quiz_grades values (1, 9, 3, 8.75, 1790000000), (2, 9, 4, 10, 1790000001), (3, 9, 5, 1, 1790000002);
insert into moodle.mdl_grade_items values (11, 'Fire drill', 10, 5);
insert into moodle.mdl_grade_grades values (1, 11, 3, 8.75, 10, 0, 8.75, 0, 1790000000),
  (2, 11, 4, null, 10, 0, null, 0, null);
insert into edxapp.auth_user values (21, 'ann', 'ann@example.org'), (22, 'zoe', 'zoe@example.org');
insert into edxapp.grades_persistentcoursegrade values (1, 21, 'course-v1:Org+FIRE+2026', 0.875, 'B', '2026-11-20 08:00:00.123456'),
  (2, 22, 'course-v1:Org+FIRE+2026', 0.3, '', null)`

const HR_POSTGRESQL = `
create schema hr;
create table hr.员工 (工号 text primary key, 手机 text, 姓名 text, 入职日期 date, 离职日期 date, 企业微信 text);
insert into hr.员工 values ('A001', '+86 138-0000-0001', '王小明', '2020-01-01', null, null),
  ('A002', '13800000002', '赵六', '2020-01-01', null, null), ('A003', '13800000003', '陈强', '2020-01-01', null, null),
  ('A004', null, '周琦', '2020-01-01', null, 'ZhouQi');
create table hr.employee (employee_no text primary key, work_email text);
insert into hr.employee values ('0042', null), ('0043', 'bo@example.org')`

const HR_MARIADB = `
create database orangehrm; create database frappe;
create table orangehrm.hs_hr_employee (emp_number int primary key, employee_id varchar(50), emp_work_email varchar(50));
insert into orangehrm.hs_hr_employee values (1, '0042', null), (2, '0043', 'bo@example.org');
create table orangehrm.training_quiz_grade (source_ref varchar(64) not null primary key, emp_number int not null,
  quiz varchar(255), grade decimal(10,5), full_mark decimal(10,5), graded_epoch bigint);
create table frappe.tabEmployee (name varchar(140) primary key, company_email varchar(140));
insert into frappe.tabEmployee values ('HR-EMP-00001', 'ann@example.org');
create table frappe.\`tabTraining Result Employee\` (name varchar(140) primary key, creation datetime(6), idx int not null default 0,
  parent varchar(140), employee varchar(140), grade varchar(140), custom_percent decimal(21,9))`

let program: ShippedProgram
let source: RunningServer
let nats: RunningServer
let postgresql: RunningServer
let mariadb: RunningServer
let lms: Connection
let pg: Client
let hr: Connection
const running: Array<ChildProcess> = []

const connect = (server: RunningServer): Promise<Connection> =>
  createConnection({ uri: server.url, charset: "UTF8MB4_BIN", multipleStatements: true, dateStrings: true })

beforeAll(async () => {
  program = await ShippedProgram.build()
  ;[source, nats, postgresql, mariadb] = await Promise.all([
    startServer("mysql"),
    startServer("nats"),
    startServer("postgresql"),
    startServer("mariadb")
  ])
  lms = await connect(source)
  hr = await connect(mariadb)
  pg = new Client(postgresql.url)
  await pg.connect()
  await lms.query(TRAINING)
  await hr.query(HR_MARIADB)
  await pg.query(HR_POSTGRESQL)
}, CASE_MILLIS)

afterAll(async () => {
  for (const child of running) await program.stop(child, "SIGKILL")
  lms?.destroy()
  hr?.destroy()
  await pg?.end()
  await Promise.all([source?.stop(), nats?.stop(), postgresql?.stop(), mariadb?.stop()])
  await program?.discard()
})

interface Example {
  readonly target: { readonly kind: "postgresql" | "mysql" }
}

/** The example as it stands, with this test's servers in place of its own. */
const run = async (name: string): Promise<void> => {
  const example = parse(await readFile(`deploy/examples/${name}.yaml`, "utf8")) as Example
  const { kind } = example.target
  const server = kind === "mysql" ? mariadb : postgresql
  const user = kind === "mysql" ? "root" : "postgres"
  const { timeZone } = (example as unknown as { source: { timeZone: string } }).source
  const config = {
    ...example,
    source: { host: source.host, port: source.port, user: "root", timeZone },
    changeLog: { servers: [nats.url] },
    target: {
      kind,
      host: server.host,
      port: server.port,
      user,
      ...(kind === "mysql" ? {} : { database: "postgres" })
    }
  }
  const file = join(program.folder, `${name}.yaml`)
  await writeFile(file, JSON.stringify(config))
  const child = program.start("run", "--config", file, "--http", "off")
  running.push(child)
}

/** Asks again until the answer is the one that is expected; what it was at last. */
const until = async (ask: () => Promise<unknown>, expected: unknown): Promise<unknown> => {
  const wanted = JSON.stringify(expected)
  const deadline = performance.now() + LIMIT_MILLIS
  while (true) {
    const told = await ask()
    if (JSON.stringify(told) === wanted || performance.now() > deadline) return told
    if (running.at(-1)!.exitCode !== null) throw new Error(program.printed.split("\n").slice(-5).join("\n"))
  }
}

/** For what a test waits for and expects alike. */
const settles = async (ask: () => Promise<unknown>, expected: unknown): Promise<void> =>
  expect(await until(ask, expected)).toEqual(expected)

const filed =
  (connector: string, result = "%") =>
  async () =>
    (
      await pg.query({
        text: `select result_id, employee_key, score_raw::text, score_max::text from gradewire.training_record
        where connector = $1 and state = 'recorded' and result_id like $2 order by 1`,
        values: [connector, result],
        rowMode: "array"
      })
    ).rows as unknown

const rows = (sql: string) => async () =>
  (await hr.query<Array<RowDataPacket>>({ sql, rowsAsArray: true }))[0] as unknown

/** Nothing is asked before the program has made its tables. */
const ignoringMissing = (ask: () => Promise<unknown>) => () =>
  ask().catch((error: { code?: unknown }) => {
    if (error.code === "42P01") return []
    throw error
  })

describe("an example configuration", () => {
  it(
    "of a training system that knows people by phone files into our own tables, and holds who has another name (G1, G7)",
    { timeout: CASE_MILLIS },
    async () => {
      expect.hasAssertions()
      await run("phone-lms")
      await settles(ignoringMissing(filed("phone-lms")), [
        ["peixun.成绩:1", "A001", "87.50", null],
        ["peixun.成绩:2", "A001", "92.00", null],
        ["peixun.成绩:5", "A004", "61.00", null]
      ])
      const left = async () => [
        (await pg.query("select result_id, reason from gradewire.held where connector = 'phone-lms'")).rows,
        (await pg.query("select result_id, detail from gradewire.dead_letters where connector = 'phone-lms'"))
          .rows
      ]
      await settles(left, [
        [{ result_id: "peixun.成绩:3", reason: "CONFLICT" }],
        [
          {
            result_id: "peixun.成绩:4",
            detail: "checks.timeOrder: attempt.submittedAt before attempt.startedAt"
          }
        ]
      ])
      const best = await pg.query(
        "select result_id, assessment_max::text as full_mark from gradewire.training_best where connector = 'phone-lms' order by result_id"
      )
      expect(best.rows.map((row) => [row.result_id, row.full_mark])).toEqual([
        ["peixun.成绩:2", "100.00"],
        ["peixun.成绩:5", "100.00"]
      ])
    }
  )

  it(
    "of Moodle's quizzes files into a table beside OrangeHRM's, and a deleted user keeps what is filed (G1, G7)",
    { timeout: CASE_MILLIS },
    async () => {
      expect.hasAssertions()
      await run("moodle-to-orangehrm")
      const grades = rows("select * from orangehrm.training_quiz_grade order by source_ref")
      const ann = ["moodle.mdl_quiz_grades:1", 1, "Fire drill", "8.75000", "10.00000", 1_790_000_000]
      const bo = ["moodle.mdl_quiz_grades:2", 2, "Fire drill", "10.00000", "10.00000", 1_790_000_001]
      await settles(grades, [ann, bo])
      await lms.query(`update moodle.mdl_user set deleted = 1, username = 'ann@example.org.1790000100', idnumber = '',
        email = '7f3e0c0b1a' where id = 3`)
      await lms.query("update moodle.mdl_quiz_grades set grade = 9.5, timemodified = 1790000200 where id = 1")
      await settles(grades, [
        ["moodle.mdl_quiz_grades:1", 1, "Fire drill", "9.50000", "10.00000", 1_790_000_200],
        bo
      ])
      await settles(
        rows("select result_id, reason from gradewire.held where connector = 'moodle-orangehrm'"),
        [["moodle.mdl_quiz_grades:3", "ABSENT"]]
      )
    }
  )

  it(
    "of Moodle's gradebook keeps each grade's own full mark, and takes nothing for a score that is not given (G2)",
    { timeout: CASE_MILLIS },
    async () => {
      expect.hasAssertions()
      await run("moodle-gradebook")
      await settles(filed("moodle-gradebook", "moodle.mdl_grade_grades:2"), [
        ["moodle.mdl_grade_grades:2", "0043", null, "10.00000"]
      ])
      await lms.query("update moodle.mdl_grade_items set grademax = 20 where id = 11")
      await lms.query("update moodle.mdl_grade_grades set finalgrade = 0, rawgrade = 0 where id = 2")
      const graded = async () =>
        (
          await pg.query({
            text: `select result_id, score_raw::text, score_max::text from gradewire.training_latest
              where connector = 'moodle-gradebook' and result_id like '%:2' order by 1`,
            rowMode: "array"
          })
        ).rows
      await settles(graded, [["moodle.mdl_grade_grades:2", "0.00000", "10.00000"]])
    }
  )

  it(
    "of Open edX files shares of one as percent into Frappe's training results (G2, G7)",
    { timeout: CASE_MILLIS },
    async () => {
      expect.hasAssertions()
      await run("open-edx-to-frappe")
      const results = rows(
        "select name, employee, parent, grade, custom_percent from frappe.`tabTraining Result Employee` order by name"
      )
      const name = "edxapp.grades_persistentcoursegrade:1"
      const course = "course-v1:Org+FIRE+2026"
      await settles(results, [[name, "HR-EMP-00001", course, "B", "87.500000000"]])
      await lms.query(
        "update edxapp.grades_persistentcoursegrade set percent_grade = 0.1 + 0.2, letter_grade = 'C' where id = 1"
      )
      await settles(results, [[name, "HR-EMP-00001", course, "C", "30.000000000"]])
      await lms.query("delete from edxapp.grades_persistentcoursegrade where id = 1")
      await settles(results, [])
    }
  )
})
