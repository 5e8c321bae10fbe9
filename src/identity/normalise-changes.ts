/** Learners' keys in changes, in canonical form. An absent key stays absent, NULL stays NULL (D4: absent is not NULL). */
import type { ChangeEvent } from "../../schemas/change-event.ts"
import { LEARNER_KEYS } from "../../schemas/employees-config.ts"
import type { KeyNormaliser } from "./KeyNormaliser.ts"

type Keys = { readonly [K in (typeof LEARNER_KEYS)[number]]?: string | null | undefined }

/** The same object where every key is canonical already. */
const normaliseKeys = <T extends Keys>(keys: T, normaliser: KeyNormaliser): T => {
  let changed: Record<string, string> | undefined
  for (const kind of LEARNER_KEYS) {
    const raw = keys[kind]
    if (raw == null || raw === "") continue
    const canonical = normaliser.normalise(kind, raw)
    if (canonical !== raw) (changed ??= {})[kind] = canonical
  }
  return changed === undefined ? keys : { ...keys, ...changed }
}

const normaliseChange = (change: ChangeEvent, normaliser: KeyNormaliser): ChangeEvent => {
  const { data } = change
  if ("resultId" in data) {
    const learner = normaliseKeys(data.learner as Keys, normaliser)
    return learner === data.learner ? change : ({ ...change, data: { ...data, learner } } as ChangeEvent)
  }
  if (!("learnerId" in data)) return change
  const keys = normaliseKeys(data as Keys, normaliser)
  return keys === data ? change : ({ ...change, data: keys } as unknown as ChangeEvent)
}

export const normaliseChanges = (
  changes: ReadonlyArray<ChangeEvent>,
  normaliser: KeyNormaliser
): ReadonlyArray<ChangeEvent> => changes.map((change) => normaliseChange(change, normaliser))
