/** Conversions that a target column declares: whether they say everything, and fit what they convert. */
import type { ColumnConversion, TargetTable } from "../../schemas/table-config.ts"
import type { ConfigIssue } from "./config-errors.ts"
import type { Path } from "./path-text.ts"

type Kind = "number" | "time" | "text" | "any" | "fixed"

const kindOf = (source: string): Kind => {
  if (/^score\.(raw|min|max|pass)$|^assessment\.(max|pass)$/.test(source)) return "number"
  if (/^attempt\.\w+At$|^event\.time$/.test(source)) return "time"
  if (/^attributes\.|^attempt\.number$/.test(source)) return "any"
  return /^(employee|resultId|event\.id)$/.test(source) ? "fixed" : "text"
}

const KEYS = {
  text: ["text", "any"],
  map: ["text", "any"],
  otherwise: ["text", "any"],
  multiply: ["number", "any"],
  decimals: ["number", "any"],
  rounding: ["number", "any"],
  timeZone: ["time"],
  format: ["time"]
} as const satisfies Readonly<Record<string, ReadonlyArray<Kind>>>

const WORDS: Readonly<Record<Kind, string>> = {
  number: "a number: multiply, decimals and rounding are for it",
  time: "a time: timeZone and format are for it",
  text: "a text: text, map and otherwise are for it",
  any: "of any kind but a time",
  fixed: "what names a person or a result, and is never converted"
}

/** Key that needs another one: `decimals` says nothing without `rounding`. */
const PAIRS = [
  ["map", "otherwise", "say what becomes of other values: otherwise: refuse, null or keep"],
  ["otherwise", "map", "add the map it speaks of, or remove it"],
  ["decimals", "rounding", "say how: rounding: half-up, half-even, truncate or refuse"],
  ["rounding", "decimals", "say how many digits stay behind the point: decimals"]
] as const

const check = (entry: ColumnConversion, isKey: boolean, path: Path): ReadonlyArray<ConfigIssue> => {
  const issues: Array<ConfigIssue> = []
  const kind = kindOf(entry.from)
  const given = (Object.keys(KEYS) as ReadonlyArray<keyof typeof KEYS>).filter((key) => key in entry)
  const at = (key: string): Path => [...path, key]
  if (given.length === 0) {
    const fix = `write ${entry.from} alone, or add a conversion: ${Object.keys(KEYS).join(", ")}`
    issues.push({ path: at("from"), end: "value", message: "nothing is converted", fix })
  }
  for (const key of given) {
    if (!(KEYS[key] as ReadonlyArray<Kind>).includes(kind))
      issues.push({
        path: at(key),
        end: "key",
        message: `${entry.from} is ${WORDS[kind]}`,
        fix: `remove ${key}`
      })
  }
  for (const [key, other, fix] of PAIRS) {
    if (key in entry && !(other in entry))
      issues.push({ path: at(key), end: "key", message: `${other} is missing`, fix })
  }
  if (entry.text?.includes("upper") === true && entry.text.includes("lower"))
    issues.push({
      path: at("text"),
      end: "value",
      message: "upper and lower contradict each other",
      fix: "keep one"
    })
  if (entry.map !== undefined && Object.keys(entry.map).length === 0)
    issues.push({
      path: at("map"),
      end: "value",
      message: "maps nothing",
      fix: "add value: what is written for it"
    })
  if (entry.multiply !== undefined && Number(entry.multiply) === 0)
    issues.push({
      path: at("multiply"),
      end: "value",
      message: "makes every score 0",
      fix: "for example 0.05"
    })
  if (entry.format !== undefined && /[A-Za-z]/.test(entry.format.replaceAll(/YYYY|MM|DD|HH|mm|ss/g, "")))
    issues.push({
      path: at("format"),
      end: "value",
      message: "holds letters that stand for nothing",
      fix: "use YYYY, MM, DD, HH, mm and ss, for example YYYY-MM-DD HH:mm"
    })
  if (isKey)
    issues.push({
      path: path,
      end: "key",
      message: "is a key column, and what finds a row again is never converted",
      fix: `write ${entry.from} alone`
    })
  return issues
}

/** @param path of the target's `columns` */
export const checkConversions = (target: TargetTable, path: Path): ReadonlyArray<ConfigIssue> =>
  Object.entries(target.columns).flatMap(([column, entry]) =>
    typeof entry === "object" && "from" in entry
      ? check(entry, target.key.includes(column), [...path, column])
      : []
  )
