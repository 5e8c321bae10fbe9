/** Held changes as they are stored, read for whoever files or completes them. */
import { Effect } from "effect"
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { mergeHeld } from "./change-rows.ts"
import type { StoreParts } from "./store-parts.ts"

type Changes = Effect.Effect<ReadonlyArray<ChangeEvent>, ProfileStoreError>

/** In position order. They were validated when they came, and only this store writes them. */
export const readHeld = (store: StoreParts, results: ReadonlyArray<string>): Changes =>
  Effect.gen(function* () {
    if (results.length === 0) return []
    const scripts = yield* store.scripts
    const rows = yield* store.rows<{ event: string }>(scripts.heldChanges(results))
    return rows.map(({ event }) => JSON.parse(event) as ChangeEvent)
  })

/**
 * Changes that name only some keys, completed from what is held of their results. Read outside of the batch's
 * transaction: nobody else writes held changes under this epoch, and under another one the batch is fenced.
 */
export const completed = (store: StoreParts, changes: ReadonlyArray<ChangeEvent>): Changes =>
  Effect.gen(function* () {
    const scripts = yield* store.scripts
    const partial = scripts.partialResults(changes)
    if (partial.length === 0) return changes
    const held = new Map<string, ChangeEvent>()
    for (const change of yield* readHeld(store, partial)) {
      if ("resultId" in change.data) held.set(change.data.resultId, change)
    }
    const wanted = new Set(partial)
    return changes.map((change) => {
      const result = "resultId" in change.data ? change.data.resultId : undefined
      const before = result !== undefined && wanted.has(result) ? held.get(result) : undefined
      return before === undefined ? change : mergeHeld(before, change)
    })
  })
