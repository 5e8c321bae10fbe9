/** The connector that an operator looks after in the tests: everything on, thresholds of a second. */
import type { RunningServer } from "../../deploy/servers/server.ts"
import type { SpanReceiver } from "../support/SpanReceiver.ts"

export interface OperatorServers {
  readonly source: RunningServer
  readonly nats: RunningServer
  readonly hr: RunningServer
  /** Of gradewire's own HTTP answers. */
  readonly port: number
  readonly collector: SpanReceiver
}

/** Text of its file, beside which `webhook-url` and `collector-token` stand. */
export const operatorConfig = ({ source, nats, hr, port, collector }: OperatorServers): string => {
  const { pathname, username } = new URL(hr.url)
  return `version: 1
connector: ops
source: { host: ${source.host}, port: ${source.port}, user: root, timeZone: "+00:00" }
changeLog: { servers: ["${nats.url}"] }
target: { kind: postgresql, host: ${hr.host}, port: ${hr.port}, database: ${pathname.slice(1)}, user: ${username} }
employees: { table: hr.employee, key: no, match: [{ learner: phone, employee: mobile }] }
tables:
  - table: lms.score
    as: score
    key: [id]
    fields: { phone: phone, raw: points }
    target: { table: hr.record, key: [ref], columns: { ref: resultId, employee: employee, points: score.raw } }
http: { host: 127.0.0.1, port: ${port} }
limits: { checkpointSeconds: 1 }
alerts:
  webhooks: [{ name: ops, kind: json, url: { file: webhook-url } }]
  rules: { GradewireDisconnected: { forSeconds: 1 } }
telemetry: { otlp: { url: "${collector.url}", headers: { authorization: { file: collector-token } } } }
`
}
