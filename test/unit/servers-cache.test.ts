/** The cache of servers when several runs share it, and when one of them dies. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { cached, serversFolder } from "../../deploy/servers/cache.ts"
import { withLock } from "../../deploy/servers/lock.ts"

let folder = ""

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gradewire-test-"))
  vi.stubEnv("GRADEWIRE_CACHE", folder)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

const quiet = (): void => undefined

describe("lock", () => {
  it("one holds it at a time, and who waits says for whom (G1)", async () => {
    const lines: Array<string> = []
    let inside = 0
    let most = 0
    const gate = Promise.withResolvers<void>()
    const work = async (): Promise<void> => {
      inside += 1
      most = Math.max(most, inside)
      await gate.promise
      inside -= 1
    }
    const runs = [1, 2, 3].map(() =>
      withLock(
        join(folder, "lock"),
        (line) => {
          lines.push(line)
          // both that wait have come
          if (lines.length === 2) gate.resolve()
        },
        work
      )
    )
    await Promise.all(runs)
    expect(most).toBe(1)
    expect(lines[0]).toContain(`process ${process.pid}`)
    expect(readdirSync(folder)).toEqual([])
  })

  it("a dead owner's lock is taken over, even where its pid lives again (G1)", async () => {
    const dead = spawnSync("true").pid
    for (const owner of [`${dead} 1`, `${process.pid} 1`, ""]) {
      writeFileSync(join(folder, "lock"), owner)
      expect(await withLock(join(folder, "lock"), quiet, () => Promise.resolve("done"))).toBe("done")
    }
  })

  it("work that fails gives the lock back (G1)", async () => {
    await expect(
      withLock(join(folder, "lock"), quiet, () => Promise.reject(new Error("broken")))
    ).rejects.toThrow("broken")
    expect(await withLock(join(folder, "lock"), quiet, () => Promise.resolve("done"))).toBe("done")
  })
})

describe("cache", () => {
  it("a folder is made once for all who ask at the same time (G1)", async () => {
    let made = 0
    const make = async (target: string): Promise<void> => {
      made += 1
      await writeFile(join(target, "file"), "whole")
    }
    const folders = await Promise.all([1, 2, 3].map(() => cached("thing-1", quiet, make)))
    expect(made).toBe(1)
    expect(new Set(folders)).toEqual(new Set([join(serversFolder(), "thing-1")]))
    expect(readFileSync(join(folders[0] ?? "", "file"), "utf8")).toBe("whole")
  })

  it("a making that breaks off leaves nothing under the final name (G1)", async () => {
    const broken = cached("thing-1", quiet, async (target) => {
      await writeFile(join(target, "file"), "half")
      throw new Error("no space")
    })
    await expect(broken).rejects.toThrow("no space")
    expect(existsSync(join(serversFolder(), "thing-1"))).toBe(false)
    expect(readdirSync(join(serversFolder(), "unfinished"))).toEqual([])
  })

  it("a relative cache folder is refused (G1)", () => {
    vi.stubEnv("GRADEWIRE_CACHE", "cache")
    expect(() => serversFolder()).toThrow("absolute")
  })
})
