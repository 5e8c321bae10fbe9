/**
 * Accounts that are no employees, named in the configuration by patterns of their keys (UNQUALIFIED). Pure.
 *
 * - `*` stands for any characters, none too; `?` for one. Nothing else is special, and those two never mean themselves.
 * - A pattern is brought to the form of the keys that it is compared with, and a key that proves nobody fits none.
 */
import type { EmployeesConfig } from "../../schemas/employees-config.ts"
import { bareNumber, cleaned, isUsable, PUNCTUATION } from "./KeyNormaliser.ts"
import { keyRulesOf, type KeyKind, type KeyRules } from "./key-rules.ts"

export interface Exclusion {
  readonly learner: KeyKind
  readonly pattern: string
}

const lowerDomain = (text: string): string => {
  const at = text.lastIndexOf("@")
  return at < 0 ? text : text.slice(0, at) + text.slice(at).toLowerCase()
}

const FORMS: Readonly<Record<KeyKind, (text: string, rules: KeyRules) => string>> = {
  employeeNo: bareNumber,
  externalId: (text) => text,
  email: (text, { isLocalPartExact }) => (isLocalPartExact ? lowerDomain(text) : text.toLowerCase()),
  phone: (text, { region }) => (region === undefined ? text : text.replace(PUNCTUATION, ""))
}

export const exclusionsOf = (
  employees: Pick<EmployeesConfig, "email" | "exclude" | "number" | "phone">
): ReadonlyArray<Exclusion> => {
  const rules = keyRulesOf(employees)
  return (employees.exclude ?? []).map(({ learner, like }) => ({
    learner,
    pattern: FORMS[learner](cleaned(like), rules).replace(/\*+/g, "*")
  }))
}

/** Steps grow with pattern times key at most: of the stars only the last one is ever taken back. */
export const fits = (pattern: string, key: string): boolean => {
  const [wanted, given] = [Array.from(pattern), Array.from(key)]
  let [w, g, star, kept] = [0, 0, -1, 0]
  while (g < given.length) {
    if (wanted[w] === "*") [star, kept, w] = [w, g, w + 1]
    else if (w < wanted.length && (wanted[w] === "?" || wanted[w] === given[g])) [w, g] = [w + 1, g + 1]
    else if (star >= 0) {
      kept += 1
      ;[w, g] = [star + 1, kept]
    } else return false
  }
  return wanted.slice(w).every((one) => one === "*")
}

/** The first that fits. @param keys in canonical form */
export const excludedBy = (
  exclusions: ReadonlyArray<Exclusion>,
  keys: Readonly<Partial<Record<KeyKind, string | null>>>
): Exclusion | undefined =>
  exclusions.find(({ learner, pattern }) => {
    const key = keys[learner]
    return key != null && isUsable(key) && fits(pattern, key)
  })

/** The same pattern for SQL's LIKE with `!` as its escape character. */
export const likeOf = ({ pattern }: Exclusion): string =>
  pattern.replace(/[!%_]/g, "!$&").replaceAll("*", "%").replaceAll("?", "_")

/** Why a pattern would name nobody, or everybody; `undefined`: it is sound. */
export const patternProblem = ({ learner, pattern }: Exclusion, rules: KeyRules): string | undefined => {
  if (/^[*?]*$/.test(pattern)) return "would exclude whoever has such a key"
  if (learner === "phone" && rules.region !== undefined && !/^[+*?]/.test(pattern))
    return "can never fit: phone numbers are compared as +8613800138000"
  return undefined
}
