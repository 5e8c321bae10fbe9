/** Servers as processes of this machine: programs and datadir template from the cache, one fresh folder for each server. */
import { existsSync } from "node:fs"
import { chmod, readdir, rm, stat } from "node:fs/promises"
import { basename, join } from "node:path"
import { cached } from "./cache.ts"
import { findInstallation, type Installation } from "./installation.ts"
import { LocalServer } from "./LocalServer.ts"
import { OwnedProcess } from "./OwnedProcess.ts"
import { freePort } from "./ports.ts"
import { toStandardError } from "./progress.ts"
import type { Recipe, ServerUser } from "./recipe.ts"
import { recipes } from "./recipes.ts"
import type { RunningServer, ServerKind, StartOptions } from "./RunningServer.ts"
import { copyFolder, handOver, isReachable, makeServerFolder, unprivilegedUser } from "./server-folder.ts"

/** Cached files may be read by another user of the same checkout; they hold nothing but an empty server. */
const openForReading = async (folder: string): Promise<void> => {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isDirectory() && !entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    await chmod(path, (await stat(path)).mode | (entry.isDirectory() ? 0o755 : 0o644))
  }
  await chmod(folder, 0o755)
}

/** The datadir every server of this installation starts from, made once. */
export const template = async (
  installation: Installation,
  recipe: Recipe,
  user: ServerUser | undefined,
  progress: (line: string) => void
): Promise<string | undefined> => {
  const { initialise, templateRevision } = recipe
  if (initialise === undefined) return undefined
  const name = `${installation.name}-template-${templateRevision}`
  const tell = (line: string): void => progress(`${installation.kind}: ${line}`)
  const folder = await cached(name, tell, async (target) => {
    tell(`initialising a datadir for version ${installation.version}`)
    if (user === undefined) await initialise(installation, target, undefined)
    else {
      // its user may not be able to enter the cache
      const place = await makeServerFolder(installation.kind, undefined, user)
      try {
        await initialise(await within(installation, place), place, user)
        await copyFolder(join(place, "data"), join(target, "data"))
      } finally {
        await rm(place, { recursive: true, force: true })
      }
    }
    await openForReading(target)
  })
  return join(folder, "data")
}

/** The installation where the server's user can reach it: unpacked programs below a private home are copied to `folder`. */
const within = async (installation: Installation, folder: string): Promise<Installation> => {
  const { root } = installation
  if (root === undefined || (await isReachable(root))) return installation
  const copy = join(folder, "programs")
  if (!existsSync(copy)) await copyFolder(root, copy)
  const moved = (path: string): string => (path.startsWith(root) ? copy + path.slice(root.length) : path)
  return {
    ...installation,
    root: copy,
    binary: moved(installation.binary),
    program: (path, args) => {
      const program = installation.program(path, args)
      const environment = Object.entries(program.environment ?? {}).map(([name, value]) => [
        name,
        value.replaceAll(root, copy)
      ])
      return { ...program, file: moved(program.file), environment: Object.fromEntries(environment) }
    }
  }
}

/** Fetches and initialises what `startServer` will need. */
export const prepareLocal = async (
  kind: ServerKind,
  progress: (line: string) => void
): Promise<{ readonly version: string; readonly from: string }> => {
  const recipe = recipes[kind]
  const installation = await findInstallation(kind, progress)
  await template(installation, recipe, recipe.refusesRoot ? await unprivilegedUser() : undefined, progress)
  return installation
}

const portIsTaken = /address already in use|can't start server: bind on tcp\/ip port/i

/** Starts one; a port that somebody else took between the look and the start is exchanged for another. */
export const startLocal = async (kind: ServerKind, options: StartOptions): Promise<RunningServer> => {
  const progress = options.progress ?? toStandardError
  const recipe = recipes[kind]
  const user = recipe.refusesRoot ? await unprivilegedUser() : undefined
  const found = await findInstallation(kind, progress)
  const files = await template(found, recipe, user, progress)
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const directory = await makeServerFolder(kind, options.directory, user)
    // from here on the folder goes with its owner, even if that one is killed while the files are being copied
    const owned = new OwnedProcess(directory)
    const placement = {
      name: basename(directory),
      directory,
      listen: "127.0.0.1",
      port,
      durable: options.durable ?? false,
      settings: options.settings ?? []
    }
    const installation = user === undefined ? found : await within(found, directory)
    const server = new LocalServer(owned, installation, recipe, placement, user)
    try {
      if (files !== undefined) {
        await copyFolder(files, join(directory, "data"))
        // PostgreSQL refuses a datadir that others may enter
        await chmod(join(directory, "data"), 0o700)
      }
      if (user !== undefined) await handOver(directory, user)
      await server.restart()
      return server
    } catch (error) {
      await server.stop()
      const text = error instanceof Error ? error.message : String(error)
      if (attempt < 5 && portIsTaken.test(text)) continue
      throw new Error(`${kind} ${found.version} did not start: ${text}`, { cause: error })
    }
  }
}
