/** How keys of people are written in one canonical way, as the configuration says. */
import { getCountryCallingCode, isSupportedCountry, type CountryCode } from "libphonenumber-js/mobile"
import type { EmployeesConfig } from "../../schemas/employees-config.ts"

export type KeyKind = EmployeesConfig["match"][number]["learner"]

/** Country of phone numbers that are written without one. */
export const DEFAULT_REGION = "CN"

export interface KeyRules {
  /** Digits that employee numbers made of digits alone are padded to with zeros; `undefined`: as they are. */
  readonly width: number | undefined
  /** `undefined`: phones are compared as the text that they are. */
  readonly region: CountryCode | undefined
  /** `+86`; `undefined` without a region. */
  readonly callingCode: string | undefined
  /** Whether `Anna@…` and `anna@…` are two. */
  readonly isLocalPartExact: boolean
}

/** ISO 3166-1 code of a country whose numbering plan is known. */
export const isKnownRegion = (text: string): boolean => isSupportedCountry(text)

export const keyRulesOf = ({
  email,
  number,
  phone
}: Pick<EmployeesConfig, "email" | "number" | "phone">): KeyRules => {
  const region = phone === "exact" ? undefined : ((phone?.region ?? DEFAULT_REGION) as CountryCode)
  return {
    width: number?.width,
    region,
    callingCode: region === undefined ? undefined : `+${getCountryCallingCode(region)}`,
    isLocalPartExact: email?.localPart === "exact"
  }
}
