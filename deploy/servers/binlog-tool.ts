/** `mariadb-binlog`, which prints binlogs as text: on the machine, else from the distribution's package in the cache. */
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { unpackPackages } from "./apt.ts"
import { cached } from "./cache.ts"
import { librariesOf } from "./installation.ts"
import { type Program, run } from "./run.ts"

const VARIABLE = "GRADEWIRE_MARIADB_BINLOG"
const NAME = "mariadb-binlog"

export interface BinlogTool {
  readonly version: string
  readonly program: (args: ReadonlyArray<string>) => Program
}

/** Rejects with the command that mends it. */
export const findBinlogTool = async (progress: (line: string) => void): Promise<BinlogTool> => {
  const program = await findProgram(progress)
  const version = /Ver\s+(\S+)/.exec(await run(program(["--version"])))
  return { version: version?.[1] ?? "unknown", program }
}

const findProgram = async (progress: (line: string) => void): Promise<BinlogTool["program"]> => {
  const named = process.env[VARIABLE]
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")
  const file =
    named !== undefined && named !== ""
      ? named
      : folders.map((folder) => join(folder, NAME)).find((path) => existsSync(path))
  if (file !== undefined) return (args) => ({ file, args })
  const folder = await cached(NAME, progress, async (target) => {
    try {
      const packages = /^mariadb-client(-core)?$/
      await unpackPackages("own", ["mariadb-client"], packages, join(target, "root"), progress)
    } catch (error) {
      const fix = `To fix it: apt-get install -y --no-install-recommends mariadb-client, or export ${VARIABLE}=/path/to/${NAME}`
      throw new Error(`No ${NAME} on this machine, and its package could not be fetched.\n${fix}\n${error}`, {
        cause: error
      })
    }
  })
  const root = join(folder, "root")
  const { folders: libraries } = await librariesOf(root)
  const environment = libraries.length === 0 ? {} : { LD_LIBRARY_PATH: libraries.join(":") }
  return (args) => ({ file: join(root, "usr/bin", NAME), args, environment })
}
