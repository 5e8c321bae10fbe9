/**
 * YAML 1.2 text as a plain value that remembers where everything stood.
 *
 * Duplicate keys, several documents and unresolved tags are problems like every other; parsing goes on as far as it can.
 */
import { Result } from "effect"
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node
} from "yaml"
import type { Problem } from "./config-errors.ts"
import type { Path } from "./path-text.ts"

interface Place {
  readonly line: number
  readonly column: number
}

export interface ParsedYaml {
  readonly value: unknown
  readonly problems: ReadonlyArray<Problem>
  /** Where a value stands; where it is missing, its nearest parent's key. `key`: where its key stands. */
  readonly locate: (path: Path, end: "key" | "value") => Place
}

export const parseYaml = (text: string): ParsedYaml => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    ...placeAt(error.pos[0]),
    path: "",
    message: error.code === "DUPLICATE_KEY" ? "this key stands twice in the same mapping" : error.message,
    fix: YAML_FIXES[error.code] ?? ""
  }))
  const locate: ParsedYaml["locate"] = (path, end) => placeAt(offsetOf(document, path, end))
  if (!canConvert(document)) return { value: undefined, problems, locate }
  const value = toPlain(document)
  if (Result.isSuccess(value)) return { value: value.success, problems, locate }
  const { offset, ...problem } = brokenAlias(document)
  return { value: undefined, problems: [...problems, { ...placeAt(offset), path: "", ...problem }], locate }
}

const YAML_FIXES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "keep one of the two",
  TAB_AS_INDENT: "indent with spaces",
  MULTIPLE_DOCS: "one connector a file; remove the second ---",
  BAD_INDENT: "align it with its neighbours",
  TAG_RESOLVE_FAILED: "remove the tag; quote the value if it is text"
}

/** After a syntax error the rest of the tree is guesswork and would only add misleading problems. */
const canConvert = (document: Document): boolean =>
  document.errors.every((error) => error.code === "DUPLICATE_KEY")

/** Fails on aliases that name no anchor, and on those that would grow beyond all measure. */
const toPlain = (document: Document): Result.Result<unknown, unknown> =>
  Result.try(() => document.toJS({ maxAliasCount: 100 }) as unknown)

const brokenAlias = (document: Document): { offset: number; message: string; fix: string } => {
  let offset: number | undefined
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) offset ??= startOf(alias)
    }
  })
  return offset === undefined
    ? { offset: 0, message: "its aliases repeat too much", fix: "write the repeated parts out" }
    : {
        offset,
        message: "this alias names no anchor before it",
        fix: "quote the value if * is part of the text"
      }
}

/** Character offset of the node at `path`, or of the nearest thing above it that exists. */
const offsetOf = (document: Document, path: Path, end: "key" | "value"): number => {
  let node: Node | null | undefined = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, step] of path.entries()) {
    const target = isAlias(node) ? node.resolve(document) : node
    const last = depth === path.length - 1
    if (isSeq(target) && typeof step === "number") {
      const item = target.items[step] as Node | undefined
      if (item === undefined) return offset
      node = item
      offset = startOf(node) ?? offset
    } else if (isMap(target)) {
      // The last one wins where a key stands twice, as in the value itself.
      const pair = target.items.findLast((entry) => keyText(entry.key) === String(step))
      if (pair === undefined) return offset
      node = pair.value as Node | null
      const keyOffset = startOf(pair.key as Node) ?? offset
      // A mapping is best pointed at by its key; its own start is the key of its first entry.
      offset = (last && end === "key") || !isScalar(node) ? keyOffset : (startOf(node) ?? keyOffset)
    } else return offset
  }
  return offset
}

const startOf = (node: Node | null | undefined): number | undefined => node?.range?.[0]

const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key)
