/**
 * Nothing of a person and no secret leaves the process but in message bodies and in the HR database: seeded values are
 * looked for in everything that the program ever printed, published as subject or header, answered over NATS or HTTP, sent to
 * a webhook or a collector of spans, or shows in its views, through every kind of failure.
 */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { ChildProcess } from "node:child_process"
import { connect, type NatsConnection } from "@nats-io/transport-node"
import { jetstreamManager } from "@nats-io/jetstream"
import { createConnection, type Connection } from "mysql2/promise"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freePort } from "../../deploy/servers/ports.ts"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { AlertReceiver } from "../support/AlertReceiver.ts"
import { SpanReceiver } from "../support/SpanReceiver.ts"
import { ShippedProgram } from "../support/ShippedProgram.ts"

const CASE_MILLIS = 400_000

/** Values that stand nowhere else. */
const PERSONAL = {
  phone: "13912348877",
  phoneOfNobody: "13987654321",
  email: "lilei.private@corp.example",
  name: "李雷专用名",
  score: "87.31",
  scoreTooLarge: "98765.43",
  scoreOfNobody: "66.77",
  note: "confidential-note-4711",
  zeroDate: "0000-00-00",
  badText: "doctor-certificate-0815"
}
const SECRETS = {
  source: "source-pw-Zx81",
  hr: "hr-pw-Qy72",
  wrong: "wrong-pw-Kj55",
  natsUrl: "nats-url-pw-Vb33",
  collector: "collector-token-Wm19"
}

let program: ShippedProgram
let source: RunningServer
let nats: RunningServer
let hr: RunningServer
let lms: Connection
let people: Client
let listener: NatsConnection
let port: number
let running: ChildProcess
let alerts: AlertReceiver
const TOLD = ["GradewireDeadLetters", "GradewireHeldTooLong", "GradewireSchemaDrift"]
const wasTold = (name: string): boolean => alerts.notices.some(({ alert }) => alert === name)
let collector: SpanReceiver
const heard: Array<string> = []
const answers: Array<string> = []

/** @param change of the configuration's text */
const configure = async (
  name: string,
  change: (text: string) => string = (text) => text
): Promise<string> => {
  const file = join(program.folder, `${name}.yaml`)
  await writeFile(
    file,
    change(`version: 1
connector: private
source: { host: ${source.host}, port: ${source.port}, user: gw, password: { file: source-password }, timeZone: "+00:00" }
changeLog: { servers: ["${nats.url}"] }
target: { kind: postgresql, host: ${hr.host}, port: ${hr.port}, database: ${new URL(hr.url).pathname.slice(1)}, user: gw, password: { file: hr-password } }
employees: { table: hr.employee, key: no, match: [{ learner: phone, employee: mobile }, { learner: email, employee: mail }] }
tables:
  - { table: lms.learner, as: learner, key: [id], fields: { phone: phone, email: email, name: name } }
  - table: lms.score
    as: score
    key: [id]
    fields: { learner: learner_id, raw: points, submittedAt: finished }
    attributes: { note: note }
    target: { table: hr.record, key: [ref], columns: { ref: resultId, employee: employee, points: score.raw, finished: attempt.submittedAt, note: attributes.note } }
http: { host: 127.0.0.1, port: ${port} }
limits: { checkpointSeconds: 1 }
alerts:
  webhooks: [{ name: ops, kind: json, url: { file: webhook-url } }]
  rules: { GradewireDeadLetters: { forSeconds: 0 }, GradewireHeldTooLong: { threshold: 0, forSeconds: 0 }, GradewirePausedLong: { forSeconds: 0 } }
telemetry: { otlp: { url: "${collector.url}", headers: { authorization: { file: collector-token } } } }
`)
  )
  return file
}

beforeAll(async () => {
  ;[program, source, nats, hr, port, alerts, collector] = await Promise.all([
    ShippedProgram.build(),
    startServer("mysql"),
    startServer("nats"),
    startServer("postgresql"),
    freePort(),
    AlertReceiver.open(),
    SpanReceiver.open()
  ])
  lms = await createConnection({ uri: source.url, multipleStatements: true })
  await lms.query(`create user gw@'%' identified by '${SECRETS.source}';
    grant replication slave, replication client on *.* to gw@'%'; grant select on *.* to gw@'%';
    set session sql_mode = '';
    create database lms;
    create table lms.learner (id int primary key, phone varchar(20), email varchar(60), name varchar(60));
    create table lms.score (id int primary key, learner_id int, points decimal(8,2), finished datetime, note varchar(90));
    insert into lms.learner values (1, '${PERSONAL.phone}', '${PERSONAL.email}', '${PERSONAL.name}'), (2, '${PERSONAL.phoneOfNobody}', null, null)`)
  people = new Client({ connectionString: hr.url })
  await people.connect()
  await people.query(`create role gw superuser login password '${SECRETS.hr}';
    create schema hr;
    create table hr.employee (no text primary key, mobile text, mail text);
    create table hr.record (ref text primary key, employee text not null, points numeric(5,2), finished timestamptz,
      note text check (note not like '%certificate%'));
    create function hr.refuse() returns trigger language plpgsql as $$ begin
      if new.points = 13 then raise exception 'score % of % is refused: %', new.points, new.employee, new.note; end if;
      return new; end $$;
    create trigger refuse before insert on hr.record for each row execute function hr.refuse();
    insert into hr.employee values ('E1', '${PERSONAL.phone}', '${PERSONAL.email}')`)
  await writeFile(join(program.folder, "source-password"), `${SECRETS.source}\n`)
  await writeFile(join(program.folder, "hr-password"), `${SECRETS.hr}\n`)
  await writeFile(join(program.folder, "wrong-password"), `${SECRETS.wrong}\n`)
  await writeFile(join(program.folder, "webhook-url"), alerts.url)
  await writeFile(join(program.folder, "collector-token"), SECRETS.collector)
  listener = await connect({ servers: nats.url })
  listener.subscribe(">", {
    callback: (_, message) => {
      const headers = message.headers === undefined ? "" : JSON.stringify([...message.headers])
      // Bodies of the log are where such values belong, and so are the condition that an operator asks a copy with and apply's
      // answer where it stands, which holds how far copies are; every other message is looked at whole.
      const isLog = message.headers?.has("Gradewire-Kind") === true
      const isProgress = message.subject.startsWith("_INBOX.") && message.string().includes('"anchor":')
      const mayHold = isLog || isProgress || message.subject === "gradewire-ask.private.snapshot"
      heard.push(`${message.subject} ${headers} ${mayHold ? "" : message.string()}`)
    }
  })
}, CASE_MILLIS)

afterAll(async () => {
  alerts?.close()
  collector?.close()
  lms?.destroy()
  await people?.end().catch(() => undefined)
  await listener?.close()
  await program?.discard()
  await Promise.all([source?.stop(), nats?.stop(), hr?.stop()])
})

const get = async (path: string): Promise<string> => {
  const body = await (await fetch(`http://127.0.0.1:${port}${path}`)).text()
  answers.push(body)
  return body
}
const count = async (sql: string): Promise<number> =>
  Number((await people.query<{ count: string }>(`select count(*) from ${sql}`)).rows[0]!.count)
const untilCount = (sql: string, wanted: number) =>
  program.until(async () => ((await count(sql)) >= wanted ? true : undefined), running)

const leaksIn = (text: string): ReadonlyArray<string> =>
  Object.entries({ ...PERSONAL, ...SECRETS })
    .filter(([, value]) => text.includes(value))
    .map(([name, value]) => {
      const at = text.indexOf(value)
      return `${name}: …${text.slice(Math.max(0, at - 160), at + value.length + 60)}…`
    })

describe("what leaves the process", { timeout: CASE_MILLIS }, () => {
  it("holds nothing of a person while all goes well, while results are held and while they are refused (G9)", async () => {
    const config = await configure("main")
    running = program.start("run", "--config", config, "--log-level", "debug")
    await program.until(async () => ((await get("/readyz")).startsWith("ok") ? true : undefined), running)
    const at = "'2026-11-22 08:00:00'"
    await lms.query(`set session sql_mode = '';
      insert into lms.score values (1, 1, ${PERSONAL.score}, ${at}, '${PERSONAL.note}');
      insert into lms.score values (2, 2, ${PERSONAL.scoreOfNobody}, ${at}, '${PERSONAL.note}');
      insert into lms.score values (3, 1, ${PERSONAL.scoreTooLarge}, ${at}, '${PERSONAL.note}');
      insert into lms.score values (4, 1, 50, ${at}, '${PERSONAL.badText}');
      insert into lms.score values (5, 1, 13, ${at}, '${PERSONAL.note}');
      insert into lms.score values (6, 1, 51, '${PERSONAL.zeroDate}', '${PERSONAL.note}')`)
    await untilCount("hr.record", 1)
    await untilCount("gradewire.held_change", 1)
    await untilCount("gradewire.dead_letter", 3)
    for (const path of ["/livez?verbose", "/readyz?verbose", "/startupz?verbose", "/metrics", "/nothing"])
      await get(path)
    for (const args of [
      ["status"],
      ["status", "-o", "json"],
      ["offsets", "list", "-o", "json"],
      ["snapshot", "status", "-o", "json"],
      ["deadletters", "list", "-o", "json"],
      ["check", "-o", "json"],
      ["config", "render"],
      ["deadletters", "list"],
      ["held", "list"],
      ["held", "list", "-o", "json"],
      ["held", "show", "lms.score:2"],
      ["trace", "lms.score:1"],
      ["trace", "lms.score:2", "-o", "json"],
      ["events", "tail", "-n", "20"],
      ["trace", "--employee", "E1"],
      ["verify"],
      ["verify", "-o", "json"],
      ["verify", "-o", "csv"],
      ["alerts", "test"],
      ["lag", "-o", "json"],
      ["check", "lag"],
      ["offsets", "reset", "--to-earliest"],
      ["offsets", "history", "-o", "json"],
      ["snapshot", "start", "--table", "lms.learner", "--where", `phone = '${PERSONAL.phone}'`],
      [
        "snapshot",
        "start",
        "--table",
        "lms.learner",
        "--where",
        `phone = '${PERSONAL.phoneOfNobody}' and nothing`
      ]
    ]) {
      await program.run(...args, "--config", config)
    }
    expect(leaksIn(program.printed)).toEqual([])
  })

  it("holds neither when the servers go away, refuse the password or the tables change (G9)", async () => {
    const wrongSource = await configure("wrong-source", (text) =>
      text.replace("source-password", "wrong-password")
    )
    await program.run("run", "--config", wrongSource, "--role", "capture", "--http", "off")
    const badValue = await configure("bad-value", (text) =>
      text.replace("port: 1", `port: "${SECRETS.wrong}"`)
    )
    await program.run("config", "validate", "--config", badValue)
    const loginInUrl = await configure("login-in-url", (text) =>
      text.replace("nats://", `nats://someone:${SECRETS.natsUrl}@`)
    )
    await program.run("run", "--config", loginInUrl)
    nats.pause()
    await program.run("status", "--config", await configure("main"))
    nats.resume()
    await people.query("alter table hr.record rename to elsewhere")
    await lms.query(`update lms.score set points = points - 1 where id = 1`)
    await program.until(async () =>
      /StoreMisconfigured|dead letter/.test(program.printed) ? true : undefined
    )
    await people.query("alter table hr.elsewhere rename to record").catch(() => undefined)
    await program.stop(running)
    running = program.start("run", "--config", await configure("main"))
    await lms.query("alter table lms.score drop column note")
    await lms.query(`insert into lms.score values (7, 1, ${PERSONAL.score}, null)`)
    await program.until(async () => (/SchemaDrift|Undecodable/.test(program.printed) ? true : undefined))
    for (const alert of TOLD) await program.until(async () => wasTold(alert) || undefined)
    await program.stop(running)
    expect(leaksIn(program.printed)).toEqual([])
  })

  it("was looked at everywhere: prints, subjects, headers, answers, probes, spans, alerts and views (G9)", async () => {
    const { rows } = await people.query<{ name: string }>(
      "select table_name as name from information_schema.views where table_schema = 'gradewire'"
    )
    const views: Array<string> = []
    for (const { name } of rows) {
      views.push(JSON.stringify((await people.query(`select * from gradewire."${name}"`)).rows))
    }
    const jetstream = await jetstreamManager(listener)
    const streams: Array<string> = []
    for await (const stream of jetstream.streams.list()) streams.push(JSON.stringify(stream))
    expect(program.printed.length).toBeGreaterThan(2_000)
    expect(heard.some((line) => line.includes("Gradewire-Position") || line.includes("Gradewire-Last"))).toBe(
      true
    )
    expect(views.length).toBeGreaterThan(4)
    const spans = JSON.stringify(collector.exports)
    expect(collector.spans.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["capture messages", "apply batch"])
    )
    const told = JSON.stringify(alerts.notices)
    expect(TOLD.filter((alert) => !wasTold(alert))).toEqual([])
    expect({
      printed: leaksIn(program.printed),
      heard: leaksIn(heard.join("\n")),
      streams: leaksIn(streams.join("\n")),
      probes: leaksIn(answers.join("\n")),
      spans: leaksIn(spans),
      alerts: leaksIn(told),
      views: leaksIn(views.join("\n"))
    }).toEqual({ printed: [], heard: [], streams: [], probes: [], spans: [], alerts: [], views: [] })
  })
})
