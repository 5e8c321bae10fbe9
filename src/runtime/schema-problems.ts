/**
 * Schema issues as problems a person can mend: which key, what was expected, what was found, what to write instead.
 *
 * Values under a secret's key are never repeated (G9).
 */
import type { SchemaAST, SchemaIssue } from "effect"
import type { ConfigIssue } from "./config-errors.ts"
import { nearestWord } from "./nearest-word.ts"
import type { Path } from "./path-text.ts"

/** @param root the value that was decoded */
export const schemaProblems = (issue: SchemaIssue.Issue, root: unknown): ReadonlyArray<ConfigIssue> => {
  const found: Array<ConfigIssue> = []
  walk(issue, [], undefined, root, found)
  return found
}

const walk = (
  issue: SchemaIssue.Issue,
  path: Path,
  parent: SchemaAST.AST | undefined,
  root: unknown,
  found: Array<ConfigIssue>
): void => {
  switch (issue._tag) {
    case "Pointer":
      return walk(issue.issue, [...path, ...issue.path], parent, root, found)
    case "Composite":
      for (const part of issue.issues) walk(part, path, issue.ast, root, found)
      return
    case "Filter": {
      const expected = issue.filter.annotations?.["expected"]
      const own = issue.issue._tag === "InvalidValue" ? issue.issue.annotations?.message : undefined
      const message = typeof own === "string" ? own : `expected ${expected ?? "another value"}`
      found.push({ path, end: "value", message: message + foundText(path, root), fix: fixFor(path, root) })
      return
    }
    case "AnyOf":
      return walkUnion(issue, path, root, found)
    case "Encoding":
      return walk(issue.issue, path, parent, root, found)
    case "MissingKey":
      found.push(missing(path, root))
      return
    case "UnexpectedKey":
      found.push(unexpected(path, parent, valueAt(root, path.slice(0, -1))))
      return
    default: {
      const expected = "ast" in issue ? expectedText(issue.ast) : "another value"
      const message = `expected ${expected}${foundText(path, root)}`
      found.push({ path, end: "value", message, fix: fixFor(path, root) })
    }
  }
}

/** Effect tries only the branches whose literals fit, so `as: score` yields the score table's issues and no others. */
const walkUnion = (issue: SchemaIssue.AnyOf, path: Path, root: unknown, found: Array<ConfigIssue>): void => {
  const [only, another] = issue.issues
  if (only !== undefined && another === undefined) return walk(only, path, issue.ast, root, found)
  const meant = issue.issues.filter(lacksNothing)
  if (meant.length === 1) return walk(meant[0]!, path, issue.ast, root, found)
  if (isSecret(path)) {
    found.push({
      path,
      end: "key",
      message: "expected the place of a secret, found something else (not shown)",
      fix: "write { file: /run/secrets/NAME } or { env: NAME }; a secret never stands in this file"
    })
    return
  }
  const tag = literalKey(issue.ast)
  const value = valueAt(root, path)
  if (tag !== undefined && typeof value === "object" && value !== null && !Array.isArray(value)) {
    const present = tag.key in value
    const message = present
      ? `expected ${tag.words}${foundText([...path, tag.key], root)}`
      : `${tag.key} is missing`
    found.push({
      path: [...path, tag.key],
      end: "value",
      message,
      fix: present ? nearestFix(value, tag) : `write ${tag.words}`
    })
    return
  }
  const message = `expected ${expectedText(issue.ast)}${foundText(path, root)}`
  found.push({ path, end: "value", message, fix: fixFor(path, root) || nearestLiteral(issue.ast, value) })
}

/** The branch that lacks no key is the one that is meant: `{ from: …, rounding: up }`, not `{ value: … }`. */
const lacksNothing = (branch: SchemaIssue.Issue): boolean =>
  branch._tag === "Composite" &&
  branch.ast._tag === "Objects" &&
  !branch.issues.some((part) => part._tag === "Pointer" && part.issue._tag === "MissingKey")

interface LiteralKey {
  readonly key: string
  readonly literals: ReadonlyArray<string>
  readonly words: string
}

/** The key whose literal tells a union's branches apart, as `as` does for tables. */
const literalKey = (union: SchemaAST.Union): LiteralKey | undefined => {
  const first = union.types[0]
  if (first === undefined || first._tag !== "Objects") return undefined
  for (const signature of first.propertySignatures) {
    const literals = union.types.flatMap((type) => {
      const own =
        type._tag === "Objects"
          ? type.propertySignatures.find((other) => other.name === signature.name)
          : undefined
      return own?.type._tag === "Literal" ? [String(own.type.literal)] : []
    })
    if (literals.length === union.types.length) {
      return { key: String(signature.name), literals, words: orList(literals) }
    }
  }
  return undefined
}

const nearestFix = (value: object, tag: LiteralKey): string => {
  const near = nearestWord(String((value as Record<string, unknown>)[tag.key]), tag.literals)
  return near === undefined ? "" : `did you mean ${near}?`
}

const nearestLiteral = (ast: SchemaAST.Union, value: unknown): string => {
  const literals = ast.types.flatMap((type) => (type._tag === "Literal" ? [String(type.literal)] : []))
  const near = typeof value === "string" ? nearestWord(value, literals) : undefined
  return near === undefined ? "" : `did you mean ${near}?`
}

const missing = (path: Path, root: unknown): ConfigIssue => {
  const key = path.at(-1)
  if (typeof key === "number") {
    return { path: path.slice(0, -1), end: "key", message: "expected at least one entry", fix: "" }
  }
  // A key with nothing behind it is null, not missing; only a real absence ends here.
  const isRoot = path.length === 1 && typeof root === "object"
  return {
    path,
    end: "key",
    message: isRoot ? "this section is missing" : "is missing",
    fix: EXAMPLES[pattern(path)] ?? ""
  }
}

const unexpected = (path: Path, parent: SchemaAST.AST | undefined, holder: unknown): ConfigIssue => {
  const known = parent === undefined ? [] : keysOf(parent)
  const key = String(path.at(-1))
  const taken = new Set(typeof holder === "object" && holder !== null ? Object.keys(holder) : [])
  const near = nearestWord(
    key,
    known.filter((other) => !taken.has(other))
  )
  const fix = near === undefined ? `known here: ${known.join(", ")}` : `did you mean ${near}?`
  return { path, end: "key", message: "unknown key", fix }
}

const keysOf = (ast: SchemaAST.AST): ReadonlyArray<string> => {
  if (ast._tag === "Objects") return ast.propertySignatures.map((signature) => String(signature.name))
  return ast._tag === "Union" ? [...new Set(ast.types.flatMap(keysOf))] : []
}

const expectedText = (ast: SchemaAST.AST): string => {
  switch (ast._tag) {
    case "Literal":
      return JSON.stringify(ast.literal)
    case "Union":
      return orList([...new Set(ast.types.map(expectedText))])
    case "Objects":
      return "a mapping"
    case "Arrays":
      return "a list"
    case "String":
      return "text"
    case "Number":
      return "a number"
    case "Boolean":
      return "true or false"
    default:
      return "another value"
  }
}

const orList = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`

const SECRET_KEYS: ReadonlySet<PropertyKey> = new Set([
  "password",
  "token",
  "credentials",
  "url",
  "secret",
  "signingKey"
])

const isSecret = (path: Path): boolean => path.some((step) => SECRET_KEYS.has(step))

const foundText = (path: Path, root: unknown): string => {
  if (isSecret(path)) return ""
  const value = valueAt(root, path)
  if (value === undefined) return ""
  if (value === null) return ", found nothing"
  if (Array.isArray(value)) return ", found a list"
  if (typeof value === "object") return ", found a mapping"
  const text = JSON.stringify(value)
  return `, found ${text.length > 60 ? `${text.slice(0, 57)}…` : text}`
}

/** Numbers and booleans that YAML made out of text, and text where a number is wanted. */
const fixFor = (path: Path, root: unknown): string => {
  if (isSecret(path))
    return "write { file: /run/secrets/NAME } or { env: NAME }; a secret never stands in this file"
  const value = valueAt(root, path)
  const example = EXAMPLES[pattern(path)]
  if (example !== undefined) return example
  return typeof value === "string" && /^\d+$/.test(value)
    ? "write it without quotes if a number is wanted"
    : ""
}

/** By key path with list indexes left out. */
const EXAMPLES: Readonly<Record<string, string>> = {
  version: "write version: 1",
  connector: "for example lms-hr",
  "source.timeZone": 'for example "Asia/Shanghai" or "+08:00"; DATETIME values carry no zone of their own',
  "target.timeZone": 'for example "+08:00"',
  "changeLog.servers": 'for example ["nats://nats:4222"]',
  "tables.table": "for example lms.exam_result",
  "tables.target":
    "write own for gradewire's own table, or { table: …, key: …, columns: … } for one of yours",
  "tables.target.table": "for example hr.exam_scores, or own",
  "tables.target.onRevoke":
    "delete, ignore or { flag: { COLUMN: VALUE } } for a table of yours; hide, delete or ignore for table: own",
  "employees.table": "for example hr.employees",
  "tables.key": "the primary key's columns, for example [id]"
}

const pattern = (path: Path): string => path.filter((step) => typeof step !== "number").join(".")

const valueAt = (root: unknown, path: Path): unknown => {
  let value = root
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined
    value = (value as Record<PropertyKey, unknown>)[step]
  }
  return value
}
