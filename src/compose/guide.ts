/** The operations guide as it was when the program was built. */
import { fileURLToPath } from "node:url"
import { Effect, FileSystem } from "effect"

/** The bundle keeps its copy at the same place relative to this file's chunk (deploy/build.ts). */
const GUIDE = fileURLToPath(new URL("../../docs/operations.md", import.meta.url))

/** A missing file is a damaged installation. */
export const guide = Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(GUIDE)).pipe(
  Effect.orDie
)
