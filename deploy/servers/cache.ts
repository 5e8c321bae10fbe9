/**
 * Folders that are expensive to make and never change afterwards: unpacked servers and initialised datadirs.
 *
 * Invariant: a folder under its final name is complete. It is made under a temporary name beside it and renamed.
 */
import { existsSync } from "node:fs"
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises"
import { isAbsolute, join, resolve } from "node:path"
import { withLock } from "./lock.ts"

/** `GRADEWIRE_CACHE` (absolute), else `.cache` of this checkout. */
export const cacheFolder = (): string => {
  const given = process.env["GRADEWIRE_CACHE"]
  if (given === undefined || given === "") return resolve(import.meta.dirname, "../../.cache")
  if (!isAbsolute(given)) throw new Error(`GRADEWIRE_CACHE must be an absolute path, got "${given}"`)
  return given
}

export const serversFolder = (): string => join(cacheFolder(), "servers")

export const lockFile = (name: string): string => join(serversFolder(), "locks", name)

const longAgo = 6 * 60 * 60 * 1000

/** A fresh folder beside the cached ones, on the same file system, so that a rename publishes it. */
export const workFolder = async (): Promise<string> => {
  const parent = join(serversFolder(), "unfinished")
  await mkdir(parent, { recursive: true })
  for (const name of await readdir(parent)) {
    const path = join(parent, name)
    // left behind by a run that was killed: no making takes that long
    const age =
      performance.timeOrigin +
      performance.now() -
      (await stat(path).then(
        (s) => s.mtimeMs,
        () => Infinity
      ))
    if (age > longAgo) await rm(path, { recursive: true, force: true })
  }
  return mkdtemp(join(parent, "w-"))
}

/** Renames `made` to its final name; where another run was faster, its folder is used and ours removed. */
export const publish = async (made: string, name: string): Promise<string> => {
  const final = join(serversFolder(), name)
  try {
    // mkdtemp(3) lets nobody else in
    await chmod(made, 0o755)
    await rename(made, final)
  } catch (error) {
    if (!existsSync(final)) throw error
    await rm(made, { recursive: true, force: true })
  }
  return final
}

/** The folder `name`, made by `make(folder)` unless it is there already. */
export const cached = async (
  name: string,
  progress: (line: string) => void,
  make: (folder: string) => Promise<void>
): Promise<string> => {
  const final = join(serversFolder(), name)
  if (existsSync(final)) return final
  return withLock(lockFile(name), progress, async () => {
    if (existsSync(final)) return final
    const folder = await workFolder()
    try {
      await make(folder)
      return await publish(folder, name)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}

/** Versions cached under `<prefix><version>`, newest first. */
export const cachedVersions = async (prefix: string): Promise<ReadonlyArray<string>> => {
  const names = await readdir(serversFolder()).catch(() => [])
  return names
    .filter((name) => name.startsWith(prefix) && /^\d[\d.]*$/.test(name.slice(prefix.length)))
    .map((name) => name.slice(prefix.length))
    .sort((a, b) => compareVersions(b, a))
}

/** Negative, zero or positive, as for sorting; missing parts count as 0. */
export const compareVersions = (a: string, b: string): number => {
  const left = a.split(".").map(Number)
  const right = b.split(".").map(Number)
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
