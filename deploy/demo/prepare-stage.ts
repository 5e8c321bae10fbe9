/** Servers, databases, people, configuration: everything that stands before gradewire runs. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Connection } from "mysql2/promise"
import type { Client } from "pg"
import { type RunningServer, type ServerKind, startServer } from "../servers/server.ts"
import type { Cleanup } from "./Cleanup.ts"
import { writeConnectorFile } from "./connector-file.ts"
import { duration } from "./figures.ts"
import { createHr, hrUrl } from "./hr-database.ts"
import type { DemoOptions } from "./options.ts"
import { makePeople, type People } from "./people.ts"
import type { Screen } from "./Screen.ts"
import { connectTraining, createTraining } from "./training-database.ts"

export interface Stage {
  readonly folder: string
  readonly config: string
  readonly people: People
  readonly source: RunningServer
  readonly changeLog: RunningServer
  readonly target: RunningServer
  readonly training: Connection
  readonly hr: Client
  readonly hrUrl: string
}

export const SERVER_NAMES: Readonly<Record<ServerKind, string>> = {
  mysql: "MySQL",
  mariadb: "MariaDB",
  nats: "NATS",
  postgresql: "PostgreSQL"
}

/**
 * Ends what it started through `cleanup`, also where it fails midway.
 *
 * @param sourceSettings further flags of the training database's server
 */
export const prepareStage = async (
  options: DemoOptions,
  screen: Screen,
  cleanup: Cleanup,
  sourceSettings: ReadonlyArray<string> = []
): Promise<Stage> => {
  const folder = await mkdtemp(join(tmpdir(), "gradewire-demo-"))
  if (!options.keep) cleanup.add(() => rm(folder, { recursive: true, force: true }))
  const begin = async (kind: ServerKind): Promise<RunningServer> => {
    const startedAt = performance.now()
    const server = await startServer(kind, {
      // honest latency: every commit reaches the disk before it returns
      durable: true,
      settings: kind === options.source ? sourceSettings : [],
      progress: (line) => screen.line(screen.style("dim", `    ${line}`))
    })
    cleanup.add(() => server.stop())
    const name = `${SERVER_NAMES[kind]} ${server.version}`
    step(screen, name, `${server.host}:${server.port}, ${duration(performance.now() - startedAt)}`)
    return server
  }
  // all are waited for, so that none can start after the clean-up of a failed one
  const started = await Promise.allSettled([begin(options.source), begin("nats"), begin("postgresql")])
  const [source, changeLog, target] = started.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason
    return outcome.value
  }) as [RunningServer, RunningServer, RunningServer]

  const people = makePeople(options.seed)
  const training = await connectTraining(source)
  cleanup.add(async () => training.destroy())
  const sourceAccount = await createTraining(training, people.learners)
  step(screen, "training database", `${people.learners.length} learners by 手机号; 成绩 has 分数, 完成时间 …`)
  const { account: targetAccount, client: hr } = await createHr(target, people.employees)
  hr.on("error", () => undefined)
  cleanup.add(() => hr.end())
  step(
    screen,
    "HR database",
    `${people.employees.length} employees by 工号; training_record has exam_score …`
  )
  const parts = { source, changeLog, target, sourceAccount, targetAccount }
  const config = await writeConnectorFile(folder, parts)
  return { folder, config, people, source, changeLog, target, training, hr, hrUrl: hrUrl(target) }
}

/** One thing that is done. */
export const step = (screen: Screen, what: string, more: string): void => {
  screen.line(`  ${screen.style("green", "✓")} ${what}  ${screen.style("dim", more)}`)
}
