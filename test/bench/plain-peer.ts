/**
 * The plainest way from the binlog to the profile that npm offers: zongji's own decoder, one JetStream publish per row,
 * awaited in windows, and one upsert per row. No fence, no matching, no offset: what a first script would do.
 *
 *   node test/bench/plain-peer.ts MYSQL_PORT NATS_URL POSTGRESQL_URL
 *
 * Says `ready` on standard output once it reads, and runs until it is ended.
 */
import ZongJi from "@vlasky/zongji"
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import { Client } from "pg"

const STREAM = "PLAIN"
const WINDOW = 500

const [port, natsUrl, hrUrl] = process.argv.slice(2)
const nats = await connect({ servers: natsUrl! })
const manager = await jetstreamManager(nats)
await manager.streams.add({ name: STREAM, subjects: ["plain.>"] })
await manager.consumers.add(STREAM, { durable_name: "hr", ack_policy: AckPolicy.Explicit })
const log = jetstream(nats)
const hr = new Client({ connectionString: hrUrl! })
await hr.connect()

interface ExamRow {
  readonly id: number
  readonly user_id: number
  readonly score: string
}

const window: Array<Promise<unknown>> = []
let isPublishing: Promise<unknown> = Promise.resolve()

const publish = async (rows: ReadonlyArray<ExamRow>): Promise<void> => {
  for (const row of rows) {
    window.push(log.publish("plain.exam", JSON.stringify(row), { msgID: String(row.id) }))
    if (window.length < WINDOW) continue
    await Promise.all(window.splice(0))
  }
}

const zongji = new ZongJi({ host: "127.0.0.1", port: Number(port), user: "root", dateStrings: true })
zongji.on("binlog", (event: unknown) => {
  const { rows } = event as { readonly rows?: ReadonlyArray<ExamRow> }
  if (rows !== undefined) isPublishing = isPublishing.then(() => publish(rows))
})
zongji.on("ready", () => process.stdout.write("ready\n"))
zongji.on("error", (error: Error) => {
  throw error
})
// what is left in the window when nothing more comes
setInterval(() => {
  isPublishing = isPublishing.then(() => Promise.all(window.splice(0)))
}, 50)
zongji.start({
  startAtEnd: true,
  serverId: 4711,
  includeEvents: ["tablemap", "writerows"],
  includeSchema: { lms: ["exam"] }
})

const UPSERT = {
  name: "upsert",
  text: `INSERT INTO hr.exam (ref, 工号, score, n) VALUES ($1, $2, $3, $4)
    ON CONFLICT (ref) DO UPDATE SET 工号 = excluded.工号, score = excluded.score, n = excluded.n`
}
const consumer = await log.consumers.get(STREAM, "hr")
for await (const message of await consumer.consume({ max_messages: 1000 })) {
  const row = message.json<ExamRow>()
  await hr.query({ ...UPSERT, values: [`lms.exam:${row.id}`, `E${row.user_id}`, row.score, row.id] })
  message.ack()
}
