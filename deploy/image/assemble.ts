/**
 * The image's root file system without a container engine: every COPY and RUN of the Dockerfile in its order, into a folder.
 *
 *   node deploy/image/assemble.ts FOLDER     prints what each part weighs
 *
 * - The build context is filtered by .dockerignore, so what is missing there is missing here.
 * - Two things stand in for images that cannot be had here: `npm ci` is answered with this checkout's node_modules (the
 *   lock file's, see deploy/bootstrap.sh), and the runtime base with this machine's loader and the libraries that Node names.
 */
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { run } from "../servers/run.ts"
import { type CopyStep, readDockerfile, type Stage } from "./dockerfile.ts"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const NODE_IN_IMAGE = "/usr/local/bin/node"

export interface Part {
  readonly path: string
  readonly bytes: number
}

export interface Image {
  /** folder that is `/` of the container */
  readonly root: string
  readonly stage: Stage
  /** what the Dockerfile copies in, largest first */
  readonly parts: ReadonlyArray<Part>
}

/** Paths that .dockerignore lets through: it refuses all (`*`) and then names what may pass. */
const contextPaths = async (): Promise<ReadonlyArray<string>> => {
  const lines = (await readFile(join(ROOT, ".dockerignore"), "utf8"))
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
  if (lines[0] !== "*") throw new Error(".dockerignore must begin with *: only what is named may be sent")
  return lines.slice(1).map((line) => line.slice(1))
}

const isSent = (allowed: ReadonlyArray<string>, path: string): boolean =>
  allowed.some((place) => path === place || path.startsWith(`${place}/`))

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false
  )

/** As Docker does: a folder's contents, or a file, under the target; a target that ends in / is a folder. */
const copy = async (from: string, to: string, intoFolder: boolean, mode?: number): Promise<string> => {
  const target = intoFolder && !(await isFolder(from)) ? join(to, basename(from)) : to
  await mkdir(dirname(target), { recursive: true })
  await cp(from, target, { recursive: true, dereference: true })
  if (mode !== undefined) await chmod(target, mode)
  return target
}

interface Places {
  readonly allowed: ReadonlyArray<string>
  /** root folder of each stage built so far */
  readonly stages: ReadonlyMap<string, string>
}

const sourceOf = (step: CopyStep, source: string, { allowed, stages }: Places): string => {
  if (step.from === undefined) {
    if (!isSent(allowed, source))
      throw new Error(`Dockerfile copies ${source}, but .dockerignore keeps it back`)
    return join(ROOT, source)
  }
  const stage = stages.get(step.from)
  if (stage === undefined) throw new Error(`Dockerfile copies from ${step.from}, which is no stage`)
  return source === NODE_IN_IMAGE ? process.execPath : join(stage, source)
}

/** RUN in the build stage; paths below its working folder are the real ones. */
const runStep = async (command: string, stageRoot: string, workdir: string): Promise<void> => {
  const folder = join(stageRoot, workdir)
  if (command.startsWith("npm ci ")) return symlink(join(ROOT, "node_modules"), join(folder, "node_modules"))
  const [program, ...args] = command.split(" ")
  if (program !== "node") throw new Error(`RUN ${command}: only npm ci and node are followed here`)
  const placed = args.map((arg) => (arg.startsWith(`${workdir}/`) ? join(stageRoot, arg) : arg))
  await run({ file: process.execPath, args: placed }, { cwd: folder })
}

const build = async (stage: Stage, root: string, places: Places): Promise<ReadonlyArray<string>> => {
  const copied: Array<string> = []
  await mkdir(join(root, stage.workdir), { recursive: true })
  for (const step of stage.steps) {
    if (step.kind === "run") {
      await runStep(step.command, root, stage.workdir)
      continue
    }
    const { mode, sources, target } = step
    const absolute = target.startsWith("/") ? join(root, target) : join(root, stage.workdir, target)
    const intoFolder = target.endsWith("/") || sources.length > 1
    for (const source of sources) {
      copied.push(await copy(sourceOf(step, source, places), absolute, intoFolder, mode))
    }
  }
  return copied
}

/** Loader and libraries that Node names, in place of the runtime's base image. */
const standInBase = async (root: string): Promise<void> => {
  const printed = await run({ file: "ldd", args: [process.execPath] })
  for (const [, library] of printed.matchAll(/(?:=> )?(\/\S+) \(0x/g)) {
    await mkdir(join(root, dirname(library!)), { recursive: true })
    await cp(await realpath(library!), join(root, library!))
  }
  for (const folder of ["tmp", "proc", "dev", "etc"]) await mkdir(join(root, folder), { recursive: true })
}

const bytesOf = async (path: string): Promise<number> => {
  const found = await stat(path)
  if (!found.isDirectory()) return found.size
  const inside = await readdir(path)
  const sizes = await Promise.all(inside.map((name) => bytesOf(join(path, name))))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Fills the empty folder `root`. */
export const assembleImage = async (root: string): Promise<Image> => {
  const stages = await readDockerfile(ROOT)
  const work = await mkdtemp(join(tmpdir(), "gradewire-image-"))
  try {
    const built = new Map<string, string>()
    const places = { allowed: await contextPaths(), stages: built }
    for (const stage of stages.slice(0, -1)) {
      const folder = join(work, stage.name ?? "unnamed")
      await build(stage, folder, places)
      if (stage.name !== undefined) built.set(stage.name, folder)
    }
    const stage = stages.at(-1)!
    await standInBase(root)
    const copied = await build(stage, root, places)
    const paths = copied.filter((path) => !copied.some((other) => path.startsWith(`${other}/`)))
    const parts = await Promise.all(
      paths.map(async (path) => ({ path: path.slice(root.length), bytes: await bytesOf(path) }))
    )
    return { root, stage, parts: parts.sort((a, b) => b.bytes - a.bytes) }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const folder = process.argv[2]
  if (folder === undefined) throw new Error("usage: node deploy/image/assemble.ts FOLDER")
  await mkdir(folder, { recursive: true })
  const { parts } = await assembleImage(folder)
  const line = ({ path, bytes }: Part): string => `${(bytes / 1e6).toFixed(1).padStart(8)} MB  ${path}`
  process.stdout.write(`${parts.map(line).join("\n")}\n`)
}
