/** Copies of a stopped server's files, with their owners. */
import { execFile } from "node:child_process"
import { rm } from "node:fs/promises"
import { promisify } from "node:util"

const execute = promisify(execFile)

/** Replaces what is at `to`. */
export const copyTree = async (from: string, to: string): Promise<void> => {
  await rm(to, { recursive: true, force: true })
  await execute("cp", ["-a", from, to])
}

/** Puts the copy in its place; the copy is gone then. */
export const replaceTree = async (tree: string, copy: string): Promise<void> => {
  await rm(tree, { recursive: true, force: true })
  await execute("mv", [copy, tree])
}
