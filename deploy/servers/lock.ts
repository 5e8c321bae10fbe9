/**
 * One worker at a time per name, across processes.
 *
 * The lock is a file that names its owner. It only saves work: whatever it guards is published by an atomic rename, so two
 * owners at once (possible for an instant while a dead owner's lock is taken over) do the work twice and corrupt nothing.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

/** Start time in clock ticks since boot, field 22 of /proc/PID/stat (proc(5)): tells a reused pid from its former owner. */
const startOf = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
  } catch {
    return ""
  }
}

const ownerText = (pid: number): string => `${pid} ${startOf(pid)}`

const isAlive = (owner: string): boolean => {
  const pid = Number(owner.split(" ")[0])
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false
  }
  return ownerText(pid) === owner
}

/** undefined: taken; otherwise the text of the living owner, or "" to try again at once */
const tryTake = (path: string): string | undefined => {
  const mine = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`
  // link(2) publishes name and content in one step; an owner that dies before it leaves no empty lock behind
  writeFileSync(mine, ownerText(process.pid))
  try {
    linkSync(mine, path)
    return undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
  } finally {
    rmSync(mine, { force: true })
  }
  let owner: string
  try {
    owner = readFileSync(path, "utf8")
  } catch {
    return ""
  }
  if (isAlive(owner)) return owner
  const grave = `${mine}.stale`
  try {
    renameSync(path, grave)
    rmSync(grave, { force: true })
  } catch {
    // somebody else has just taken it over
  }
  return ""
}

/** Runs `work` while holding `path`; waits for a living owner, takes over from a dead one. */
export const withLock = async <A>(
  path: string,
  progress: (line: string) => void,
  work: () => Promise<A>
): Promise<A> => {
  mkdirSync(dirname(path), { recursive: true })
  let said = false
  for (;;) {
    const owner = tryTake(path)
    if (owner === undefined) break
    if (owner !== "" && !said) {
      progress(`waiting for process ${owner.split(" ")[0]}, which is at the same work`)
      said = true
    }
    await pause(owner === "" ? 1 : 200)
  }
  const mine = ownerText(process.pid)
  try {
    return await work()
  } finally {
    try {
      if (readFileSync(path, "utf8") === mine) rmSync(path)
    } catch {
      // already gone
    }
  }
}
