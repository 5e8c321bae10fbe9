/**
 * The usual ways to write a key, from its canonical form: they are looked up in HR's own table as it is now. What HR
 * writes in any other way is found by way of the index of odd spellings. Pure.
 *
 * One description serves two readers, so that they cannot differ: code, to tell whether a spelling is odd, and SQL.
 */
import type { KeyKind, KeyRules } from "./key-rules.ts"

/** A constant, or characters of the canonical form: from an offset, so many, or to its end. */
export type SpellingPart = string | { readonly from: number; readonly length?: number }

export interface Spelling {
  /** Only for canonical forms that begin so. */
  readonly startsWith: string
  /** Zeros at the canonical form's beginning are left out first. */
  readonly isUnpadded: boolean
  readonly parts: ReadonlyArray<SpellingPart>
}

const spelling = (startsWith: string, ...parts: ReadonlyArray<SpellingPart>): Spelling => ({
  startsWith,
  isUnpadded: false,
  parts
})
const AS_IT_IS = spelling("", { from: 0 })

const phones = (callingCode: string): ReadonlyArray<Spelling> => {
  const national = { from: callingCode.length }
  const home = (...parts: ReadonlyArray<SpellingPart>) => spelling(callingCode, ...parts)
  const digits = callingCode.slice(1)
  const groups = (between: string) => [
    { from: 3, length: 3 },
    between,
    { from: 6, length: 4 },
    between,
    { from: 10 }
  ]
  return [
    AS_IT_IS,
    home(national),
    home(digits, national),
    home(`00${digits}`, national),
    home(`${callingCode} `, national),
    home(`${callingCode}-`, national),
    ...(callingCode === "+86" ? [home(...groups(" ")), home(...groups("-"))] : [home("0", national)])
  ]
}

export const spellingsOf = (kind: KeyKind, rules: KeyRules): ReadonlyArray<Spelling> => {
  if (kind === "phone" && rules.callingCode !== undefined) return phones(rules.callingCode)
  if (kind === "employeeNo" && rules.width !== undefined)
    return [AS_IT_IS, { startsWith: "0", isUnpadded: true, parts: [{ from: 0 }] }]
  return [AS_IT_IS]
}

/** Whether `raw` is one of the usual ways to write the canonical form. */
export const isUsual = (raw: string, canonical: string, spellings: ReadonlyArray<Spelling>): boolean => {
  for (const { isUnpadded, parts, startsWith } of spellings) {
    if (!canonical.startsWith(startsWith)) continue
    const base = isUnpadded ? canonical.replace(/^0+/, "") : canonical
    let text = ""
    for (const part of parts)
      text +=
        typeof part === "string"
          ? part
          : base.slice(part.from, part.length === undefined ? undefined : part.from + part.length)
    if (text === raw && text !== "") return true
  }
  return false
}
