/** The program before this one, built from the commit that deploy/previous-release.txt names with this checkout's packages. */
import { execFile } from "node:child_process"
import { mkdir, readFile, symlink } from "node:fs/promises"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import { run } from "../../deploy/servers/run.ts"

const execute = promisify(execFile)

/** @returns its file */
export const buildEarlier = async (folder: string): Promise<string> => {
  const commit = (await readFile("deploy/previous-release.txt", "utf8")).split("\n").at(-2)!
  await mkdir(folder, { recursive: true })
  try {
    await execute("git", ["archive", "--format=tar", "--output", join(folder, "source.tar"), commit])
  } catch (error) {
    const fix = "git fetch --unshallow brings the history that this test builds from"
    throw new Error(`commit ${commit} is not in this clone. To fix it: ${fix}`, { cause: error })
  }
  await run({ file: "tar", args: ["-xf", join(folder, "source.tar"), "-C", folder] })
  await symlink(resolve("node_modules"), join(folder, "node_modules"))
  const dist = join(folder, "dist")
  await run({ file: process.execPath, args: [join(folder, "deploy/build.ts"), dist] }, { cwd: folder })
  return join(dist, "gradewire.js")
}
