import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { ConfigProvider, Effect, Redacted } from "effect"
import { afterAll, describe, expect, it } from "vitest"
import { loadConfig } from "../../src/runtime/load-config.ts"
import { readSecret } from "../../src/runtime/read-secret.ts"
import { CONNECTOR_YAML } from "../support/connector-yaml.ts"

const folder = mkdtempSync(join(tmpdir(), "gradewire-config-"))
afterAll(() => rmSync(folder, { recursive: true }))

const write = (name: string, content: string | Uint8Array): string => {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

const load = (file: string) => Effect.runPromise(loadConfig(file).pipe(Effect.provide(NodeServices.layer)))
const refusal = (file: string) =>
  Effect.runPromise(Effect.flip(loadConfig(file)).pipe(Effect.provide(NodeServices.layer)))

describe("the configuration's file", () => {
  it("tells where relative names inside it start (G3)", async () => {
    const loaded = await load(write("good.yaml", CONNECTOR_YAML))
    expect(loaded).toMatchObject({ folder, config: { connector: "lms-hr" } })
  })

  it("may begin with a byte order mark, as some editors write it (G3)", async () => {
    const loaded = await load(write("bom.yaml", `\uFEFF${CONNECTOR_YAML}`))
    expect(loaded.config.connector).toBe("lms-hr")
  })

  it("keeps its line numbers behind a byte order mark and with Windows line ends (G3)", async () => {
    const text = CONNECTOR_YAML.replace("host: pg", "host: 5").replaceAll("\n", "\r\n")
    const error = await refusal(write("windows.yaml", `\uFEFF${text}`))
    expect(error.message).toContain("windows.yaml:8:9  target.host  expected text, found 5")
  })

  it.each<[string, string | Uint8Array, RegExp]>([
    ["utf16.yaml", Buffer.from(`\uFEFF${CONNECTOR_YAML}`, "utf16le"), /is UTF-16/],
    [
      "gbk.yaml",
      Buffer.concat([Buffer.from("version: 1\nconnector: "), Buffer.from([0xb7, 0xd6])]),
      /is not UTF-8 \(first seen in line 2\)/
    ],
    ["empty.yaml", "", /is empty/],
    ["blank.yaml", "\n  \n", /is empty/]
  ])("is refused with its reason: %s (G3)", async (name, content, reason) => {
    const error = await refusal(write(name, content))
    expect(error).toMatchObject({ _tag: "ConfigUnreadable", fate: "halt" })
    expect(error.message).toMatch(reason)
    expect(error.remedy).not.toBe("")
  })

  it("is refused where it does not exist, or is a folder (G3)", async () => {
    expect((await refusal(join(folder, "nowhere.yaml"))).message).toContain("no such file")
    expect(await refusal(folder)).toMatchObject({ _tag: "ConfigUnreadable" })
  })

  it("is refused as empty where it holds nothing but comments (G3)", async () => {
    expect(await refusal(write("comments.yaml", "# nothing\n"))).toMatchObject({ _tag: "ConfigInvalid" })
  })
})

describe("a secret", () => {
  const read = (secret: Parameters<typeof readSecret>[0], env: Record<string, string> = {}) =>
    readSecret(secret, "source.password", folder).pipe(
      Effect.provide(NodeServices.layer),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
    )

  it.each(["s3 cret", "s3 cret\n", "s3 cret\r\n"])(
    "in a file loses its one trailing line end: %j (G9)",
    async (text) => {
      write("secret", text)
      expect(Redacted.value(await Effect.runPromise(read({ file: "secret" })))).toBe("s3 cret")
    }
  )

  it("comes from the environment as it stands there (G9)", async () => {
    const value = await Effect.runPromise(read({ env: "LMS_DB_PASSWORD" }, { LMS_DB_PASSWORD: " a,b_c " }))
    expect(Redacted.value(value)).toBe(" a,b_c ")
  })

  it("is not shown when printed (G9)", async () => {
    const value = await Effect.runPromise(read({ env: "P" }, { P: "hunter2" }))
    expect(inspect(value, { showHidden: true }) + JSON.stringify({ value })).not.toContain("hunter2")
  })

  it.each([
    [{ file: "missing" }, "source.password: file missing does not exist"],
    [{ env: "MISSING" }, "source.password: environment variable MISSING is not set, or empty"],
    [{ env: "EMPTY" }, "source.password: environment variable EMPTY is not set, or empty"]
  ])("that is not there is named with its place: %j (G3)", async (secret, message) => {
    const error = await Effect.runPromise(Effect.flip(read(secret, { EMPTY: "" })))
    expect(error).toMatchObject({ _tag: "SecretUnreadable", fate: "halt", message })
  })

  it("in an empty file is named with its place (G3)", async () => {
    write("nothing", "\n")
    const error = await Effect.runPromise(Effect.flip(read({ file: "nothing" })))
    expect(error.message).toBe("source.password: file nothing is empty")
  })
})
