/** A plain value as YAML that reads like a person wrote it. */
import { stringify } from "yaml"

export const toYaml = (value: unknown): string =>
  stringify(value, { lineWidth: 0, indentSeq: true }).trimEnd()
