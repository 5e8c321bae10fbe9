/**
 * Keys of people in one canonical form, so that the same key written in two ways is equal. Pure.
 *
 * - A key that cannot prove anybody becomes `?`, the reason and what it was, for people to read: it equals nobody's.
 * - Normalising what is normal changes nothing, so that stored keys can be given again.
 * - Names are no keys.
 */
import { parsePhoneNumberFromString } from "libphonenumber-js/mobile"
import type { KeyKind, KeyRules } from "./key-rules.ts"

/** Why a key proves nobody. */
export type Unusable =
  /** Some of it is hidden: 138****8000. */
  | "masked"
  /** A spreadsheet has changed it: 1.2E+05, 10042.0. What it was before cannot be known. */
  | "spreadsheet"
  /** Landlines and short numbers belong to a desk, not to a person. */
  | "not-a-mobile-number"
  | "not-an-address"
  /** Longer than any key. */
  | "too-long"

const LENGTH_MAX = 255
/** Repeated keys are the rule in a backlog; the memory for them is bounded. */
const REMEMBERED_MAX = 20_000

/** Characters of an unusable key that are kept. */
const KEPT = 60

const unusable = (why: Unusable, text: string): string => `?${why} ${text.slice(0, KEPT)}`

/** Whether it may be looked up. */
export const isUsable = (normalised: string): boolean => normalised !== "" && !normalised.startsWith("?")

/** Why a key that was normalised proves nobody; `undefined`: it may be looked up, or there is none. */
export const unusableReason = (normalised: string): string | undefined =>
  normalised.startsWith("?") ? (/^\?([a-z-]+) /.exec(normalised)?.[1] ?? "question-mark") : undefined

/** Printable ASCII that NFKC and the removal of invisible characters leave alone. */
const PLAIN = /^[\x21-\x7e]+$/
/** Format characters (zero-width ones, byte order mark, direction marks), controls, variation selectors. */
const INVISIBLE = /[\p{Cf}\p{Cc}\u034f\ufe00-\ufe0f]/gu
const MASK = /[*•●×]/u

export const cleaned = (raw: string): string =>
  PLAIN.test(raw) ? raw : raw.normalize("NFKC").replace(INVISIBLE, "").trim()

const EXPONENT = /^\d+(\.\d+)?E\+\d+$/i
const FRACTION = /^\d+\.0*$/

/** Neither case nor spaces nor dashes matter. */
export const bareNumber = (text: string): string => text.replace(/[\s\p{Pd}\u2212]/gu, "").toUpperCase()

const employeeNumber = (text: string, { width }: KeyRules): string => {
  if (EXPONENT.test(text) || FRACTION.test(text)) return unusable("spreadsheet", text)
  const number = bareNumber(text)
  return width !== undefined && /^\d+$/.test(number) ? number.padStart(width, "0") : number
}

/** As it stands: whose id it is knows whether case matters. An SSO subject's does (OpenID Connect Core 1.0, 2). */
const externalId = (text: string): string => (EXPONENT.test(text) ? unusable("spreadsheet", text) : text)

const emailAddress = (text: string, { isLocalPartExact }: KeyRules): string => {
  const parts = /^([^\s@]+)@([^\s@]+)$/u.exec(text)
  if (parts === null) return unusable("not-an-address", text)
  return isLocalPartExact ? `${parts[1]}@${parts[2]!.toLowerCase()}` : text.toLowerCase()
}

/** As people write Chinese mobile numbers; parsing each by the numbering plan would cost more than filing it. */
const CHINESE = /^(?:\+?86|0{1,2}86|0)?(1[3-9]\d{9})$/
/** `+86 (0) 138…`: the zero is for those who call from inside. */
export const PUNCTUATION = /[\s().\-\p{Pd}\u2212/]/gu

const phoneNumber = (text: string, { region }: KeyRules): string => {
  if (region === undefined) return text
  const digits = text.replace(PUNCTUATION, "")
  if (region === "CN" || digits.startsWith("+86")) {
    const chinese = CHINESE.exec(digits)
    if (chinese !== null) return `+86${chinese[1]}`
  }
  if (digits.length > 20) return unusable("not-a-mobile-number", text)
  const parsed = parsePhoneNumberFromString(text, { defaultCountry: region, extract: false })
  return parsed === undefined || !parsed.isValid() || parsed.ext !== undefined
    ? unusable("not-a-mobile-number", text)
    : parsed.number
}

const FORMS: Readonly<Record<KeyKind, (text: string, rules: KeyRules) => string>> = {
  employeeNo: employeeNumber,
  externalId,
  email: emailAddress,
  phone: phoneNumber
}

export class KeyNormaliser {
  readonly rules: KeyRules
  private readonly remembers: boolean
  private remembered = new Map<string, string>()

  /** @param remembers left out where no key comes twice */
  constructor(rules: KeyRules, remembers = true) {
    this.rules = rules
    this.remembers = remembers
  }

  /** The canonical form, `?` with why it is unusable, or nothing where there was nothing. */
  normalise(kind: KeyKind, raw: string): string {
    if (kind === "phone" && this.rules.region === undefined) return raw
    if (!this.remembers) return this.form(kind, raw)
    const question = `${kind} ${raw}`
    const known = this.remembered.get(question)
    if (known !== undefined) return known
    const answer = this.form(kind, raw)
    if (this.remembered.size >= REMEMBERED_MAX) this.remembered = new Map()
    this.remembered.set(question, answer)
    return answer
  }

  private form(kind: KeyKind, raw: string): string {
    if (raw.length > LENGTH_MAX) return unusable("too-long", raw)
    const text = cleaned(raw)
    if (text === "" || text.startsWith("?")) return text
    return MASK.test(text) ? unusable("masked", text) : FORMS[kind](text, this.rules)
  }
}
