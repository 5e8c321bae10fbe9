/** A fresh folder for one server, in a place that the server's user can reach. */
import { constants } from "node:fs"
import { access, chmod, chown, cp, lchown, mkdir, mkdtemp, readdir, readFile, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import type { ServerUser } from "./recipe.ts"

/** Whether others than the owner may pass through every folder on the way to `path`. */
export const isReachable = async (path: string): Promise<boolean> => {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const { mode } = await stat(folder)
    if ((mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

/** The unprivileged user to whom root hands a server that refuses root; undefined for everybody but root. */
export const unprivilegedUser = async (): Promise<ServerUser | undefined> => {
  if (process.getuid?.() !== 0) return undefined
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"))
  for (const name of ["postgres", "nobody"]) {
    const found = lines.find(([user]) => user === name)
    if (found !== undefined) return { uid: Number(found[2]), gid: Number(found[3]) }
  }
  return { uid: 65_534, gid: 65_534 }
}

/** Gives all of `folder` to `user`. */
export const handOver = async (folder: string, user: ServerUser): Promise<void> => {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await lchown(join(entry.parentPath, entry.name), user.uid, user.gid)
  }
  await chown(folder, user.uid, user.gid)
}

/** Copies a folder of cached files; shares their blocks where the file system can (reflink). */
export const copyFolder = async (from: string, to: string): Promise<void> => {
  await mkdir(dirname(to), { recursive: true })
  await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE, verbatimSymlinks: true })
}

/** Makes the folder below `parent`, else below the system's folder for temporary files. */
export const makeServerFolder = async (
  kind: string,
  parent: string | undefined,
  user: ServerUser | undefined
): Promise<string> => {
  if (parent !== undefined) await mkdir(parent, { recursive: true })
  for (const place of [parent, tmpdir(), "/tmp", "/var/tmp"]) {
    if (place === undefined) continue
    const usable = await access(place, constants.W_OK).then(
      () => user === undefined || isReachable(place),
      () => false
    )
    if (!usable) continue
    const folder = await mkdtemp(join(resolve(place), `gradewire-${kind}-`))
    if (user !== undefined) {
      await chmod(folder, 0o755)
      await chown(folder, user.uid, user.gid)
    }
    return folder
  }
  throw new Error(`no folder for a ${kind} server: neither ${parent ?? tmpdir()} nor /tmp can be used`)
}
