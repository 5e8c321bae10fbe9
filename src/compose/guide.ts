/** The operations guide and the page of alerts as they were when the program was built. */
import { fileURLToPath } from "node:url"
import { Effect, FileSystem } from "effect"

/** The bundle keeps its copies at the same place relative to this file's chunk (deploy/build.ts). */
const PAGES = ["../../docs/operations.md", "../../docs/alerts.md"].map((page) =>
  fileURLToPath(new URL(page, import.meta.url))
)

/** A missing file is a damaged installation. */
export const guide = Effect.flatMap(FileSystem.FileSystem, (files) =>
  Effect.map(
    Effect.forEach(PAGES, (page) => files.readFileString(page)),
    (texts) => texts.join("\n")
  )
).pipe(Effect.orDie)
