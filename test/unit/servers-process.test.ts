/** A server's process ends with its owner, however that one ends. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { createInterface } from "node:readline"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { OwnedProcess } from "../../deploy/servers/OwnedProcess.ts"
import { freePort } from "../../deploy/servers/ports.ts"

let folder = ""

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gradewire-test-"))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** A process that has ended stays in the table (state Z) until init comes by; it is dead all the same. */
const isAlive = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return false
  }
}

/** Owns a shell with a child in the way of a server, says their pids, and ends as it is told. */
const ownerScript = (ending: string): string => `
import { OwnedProcess } from ${JSON.stringify(resolve(import.meta.dirname, "../../deploy/servers/OwnedProcess.ts"))}
import { createConnection } from "node:net"
const owned = new OwnedProcess(process.argv[2])
owned.start({ file: "/bin/sh", args: ["-c", "sleep 1000 & echo child $! >&2; wait"] }, process.argv[2], process.argv[2] + "/log")
console.log(owned.pid)
${ending}
`

const endings = {
  SIGKILL: "process.kill(process.pid, 'SIGKILL')",
  SIGTERM: "process.kill(process.pid, 'SIGTERM')",
  "SIGINT, as from Ctrl-C": "process.kill(process.pid, 'SIGINT')",
  "an uncaught exception": "throw new Error('lost')",
  "process.exit": "process.exit(0)",
  "its last line": "",
  "SIGKILL while the server is frozen":
    "owned.pause(); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50)"
}

describe("owner", () => {
  it.each(Object.entries(endings))(
    "the server and its folder go when the owner ends by %s (G1)",
    async (_name, ending) => {
      const store = mkdtempSync(join(folder, "server-"))
      const script = join(folder, "owner.ts")
      writeFileSync(script, ownerScript(ending))
      const owner = spawn(process.execPath, [script, store], { stdio: ["ignore", "pipe", "ignore"] })
      const [line] = (await once(createInterface(owner.stdout), "line")) as [string]
      const pid = Number(line)
      expect(pid).toBeGreaterThan(1)
      await expect.poll(() => isAlive(pid), { timeout: 30_000 }).toBe(false)
      await expect.poll(() => existsSync(store), { timeout: 30_000 }).toBe(false)
    }
  )
})

describe("owned process", () => {
  it("kill ends its children too, before it returns (G1)", async () => {
    const owned = new OwnedProcess(folder)
    const listening = Promise.withResolvers<number>()
    const bell = createServer((socket) => {
      socket.setEncoding("utf8").once("data", (text) => listening.resolve(Number(text)))
    })
    const port = await freePort()
    await new Promise<void>((done) => bell.listen(port, "127.0.0.1", done))
    // the child reports its own pid over TCP, then stays
    const child = `require("net").connect(${port}, "127.0.0.1").write(String(process.pid)); setInterval(() => 0, 1000)`
    const parent = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { detached: true }); setInterval(() => 0, 1000)`
    owned.start({ file: process.execPath, args: ["-e", parent] }, folder, join(folder, "log"))
    const grandchild = await listening.promise
    await owned.kill()
    bell.close()
    expect(owned.pid).toBeUndefined()
    expect(owned.outcome).toContain("SIGKILL")
    await expect.poll(() => isAlive(grandchild), { timeout: 30_000 }).toBe(false)
    owned.release()
    expect(existsSync(folder)).toBe(true)
  })

  it("a program that cannot be started says so (G1)", async () => {
    const owned = new OwnedProcess(folder)
    owned.start({ file: join(folder, "nothing"), args: [] }, folder, join(folder, "log"))
    await expect.poll(() => owned.outcome).toContain("could not be started")
    expect(owned.pid).toBeUndefined()
    owned.release()
  })

  it("one that ignores its signal is killed after the bound (G1)", async () => {
    const owned = new OwnedProcess(folder)
    const script = `process.on("SIGTERM", () => 0); require("fs").writeFileSync("ready", ""); setInterval(() => 0, 1000)`
    owned.start({ file: process.execPath, args: ["-e", script] }, folder, join(folder, "log"))
    await expect.poll(() => existsSync(join(folder, "ready")), { timeout: 30_000 }).toBe(true)
    await owned.end("SIGTERM", 100)
    expect(owned.outcome).toContain("SIGKILL")
    owned.release()
  })
})
