/** Shorthands for findings of the HR preflight. */
import type { Finding } from "../../schemas/finding.ts"

/** @param wanted what was found, where nothing else would do */
export const ok = (check: string, found: string, wanted = found): Finding => ({
  severity: "ok",
  check,
  found,
  wanted,
  fix: ""
})

export const error = (check: string, found: string, wanted: string, fix: string): Finding => ({
  severity: "error",
  check,
  found,
  wanted,
  fix
})

export const warning = (check: string, found: string, wanted: string, fix: string): Finding => ({
  severity: "warning",
  check,
  found,
  wanted,
  fix
})
