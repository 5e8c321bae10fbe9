/**
 * PARTIAL_UPDATE_ROWS (`binlog_row_value_options = PARTIAL_JSON`): instead of the new document, the differences from
 * the one before (mysql-server sql-common/json_diff.cc): operation, path, and a binary JSON value to put there.
 *
 * Invariant: what does not fit the document exactly is damage; a difference is never applied to something similar.
 */
import { ByteCursor } from "./byte-cursor.ts"
import { damaged } from "./decode-failure.ts"
import {
  brokenJson,
  entryValue,
  isContainer,
  JSON_DEPTH_MAX,
  jsonDocument,
  memberName,
  openContainer,
  type JsonValue
} from "./json-binary.ts"
import { jsonValueText } from "./json-text.ts"

const REPLACE = 0
const INSERT = 1
const REMOVE = 2

interface JsonObject {
  readonly members: Map<string, JsonNode>
}
interface JsonArray {
  readonly items: Array<JsonNode>
}
/** Only what lies on a path is taken apart; the rest stays as it is stored. */
type JsonNode = JsonValue | JsonObject | JsonArray
type Leg = string | number

/** Text of the document `bytes[from .. to)` after the differences `diff[diffFrom .. diffTo)`. */
export const patchedJsonText = (
  bytes: Buffer,
  from: number,
  to: number,
  diff: Buffer,
  diffFrom: number,
  diffTo: number
): string => {
  const before = jsonDocument(bytes, from, to)
  if (before === undefined) throw misfit()
  let root: JsonNode = before
  const cursor = new ByteCursor(diff, diffFrom, diffTo, "JSON difference")
  while (cursor.remaining > 0) {
    const operation = cursor.u8()
    const legs = pathLegs(cursor.take(cursor.lenenc()).toString("utf8"))
    const value = operation === REMOVE ? undefined : readValue(cursor)
    root = applied(root, operation, legs, value)
  }
  return nodeText(root, 1)
}

const readValue = (cursor: ByteCursor): JsonValue => {
  const bytes = cursor.take(cursor.lenenc())
  return jsonDocument(bytes, 0, bytes.length) ?? failMisfit()
}

const applied = (
  root: JsonNode,
  operation: number,
  legs: ReadonlyArray<Leg>,
  value: JsonNode | undefined
): JsonNode => {
  const last = legs.at(-1)
  if (last === undefined) return operation === REPLACE && value !== undefined ? value : failMisfit()
  const open = opened(root)
  let parent = open
  for (const leg of legs.slice(0, -1)) parent = opened(childOf(parent, leg), parent, leg)
  if ("members" in parent && typeof last === "string") changeMember(parent, operation, last, value)
  else if ("items" in parent && typeof last === "number") changeItem(parent, operation, last, value)
  else throw misfit()
  return open
}

const changeMember = (object: JsonObject, operation: number, name: string, value: JsonNode | undefined) => {
  const isThere = object.members.has(name)
  if (operation === REMOVE && isThere) object.members.delete(name)
  else if (operation === REPLACE && isThere && value !== undefined) object.members.set(name, value)
  else if (operation === INSERT && !isThere && value !== undefined) insertMember(object, name, value)
  else throw misfit()
}

const changeItem = (array: JsonArray, operation: number, index: number, value: JsonNode | undefined) => {
  const isThere = index < array.items.length
  if (operation === REMOVE && isThere) array.items.splice(index, 1)
  else if (operation === REPLACE && isThere && value !== undefined) array.items[index] = value
  else if (operation === INSERT && value !== undefined) array.items.splice(index, 0, value)
  else throw misfit()
}

/** Names are stored by length, then by bytes. */
const insertMember = (object: JsonObject, name: string, value: JsonNode): void => {
  const own = Buffer.from(name)
  const behind: Array<[string, JsonNode]> = []
  for (const member of object.members) {
    const other = Buffer.from(member[0])
    const order = other.length - own.length || other.compare(own)
    if (order > 0) behind.push(member)
  }
  for (const [other] of behind) object.members.delete(other)
  object.members.set(name, value)
  for (const [other, node] of behind) object.members.set(other, node)
}

const childOf = (parent: JsonObject | JsonArray, leg: Leg): JsonNode => {
  const child =
    "members" in parent
      ? typeof leg === "string"
        ? parent.members.get(leg)
        : undefined
      : typeof leg === "number"
        ? parent.items[leg]
        : undefined
  return child ?? failMisfit()
}

/** The container, taken apart and put back where it stood. */
const opened = (node: JsonNode, parent?: JsonObject | JsonArray, leg?: Leg): JsonObject | JsonArray => {
  if (!("document" in node)) return node
  if (!isContainer(node.type)) throw misfit()
  const container = openContainer(node)
  const children = Array.from({ length: container.count }, (_, i) => entryValue(container, i))
  const open = container.isObject
    ? { members: new Map(children.map((child, i): [string, JsonNode] => [memberName(container, i), child])) }
    : { items: [...children] }
  if (parent !== undefined && "members" in parent) parent.members.set(leg as string, open)
  else if (parent !== undefined) parent.items[leg as number] = open
  return open
}

const nodeText = (node: JsonNode, depth: number): string => {
  if (depth > JSON_DEPTH_MAX) throw brokenJson()
  if ("document" in node) return jsonValueText(node, depth)
  if ("items" in node) return `[${node.items.map((item) => nodeText(item, depth + 1)).join(", ")}]`
  const members = [...node.members].map(
    ([name, member]) => `${JSON.stringify(name)}: ${nodeText(member, depth + 1)}`
  )
  return `{${members.join(", ")}}`
}

const LEG = /\.("(?:[^"\\]|\\.)*"|[^."[\]]+)|\[(\d+)\]/gy

/** `$.name."other name"[3]` */
const pathLegs = (path: string): ReadonlyArray<Leg> => {
  const legs: Array<Leg> = []
  LEG.lastIndex = 1
  while (path.startsWith("$") && LEG.lastIndex < path.length) {
    const [, name, index] = LEG.exec(path) ?? []
    if (name !== undefined) legs.push(name.startsWith('"') ? unquoted(name) : name)
    else if (index !== undefined) legs.push(Number(index))
    else throw misfit()
  }
  return path.startsWith("$") && legs.length <= JSON_DEPTH_MAX ? legs : failMisfit()
}

const unquoted = (literal: string): string => {
  try {
    return JSON.parse(literal) as string
  } catch {
    throw misfit()
  }
}

const misfit = (): Error =>
  damaged("JSON difference", "a JSON difference does not fit the document before it")

const failMisfit = (): never => {
  throw misfit()
}

/** What the two images of one row share while a partial update is read. */
export class PartialRow {
  private readonly columns: number
  private readonly from: Array<number | undefined> = []
  private readonly to: Array<number> = []
  private rows: Buffer = Buffer.alloc(0)
  /** Offset of one bit per JSON column of the table; undefined where the row has whole values only. */
  private bits: number | undefined = undefined

  /** @param columns JSON columns of the table, in the image or not */
  constructor(columns: number) {
    this.columns = columns
  }

  begin(): void {
    this.from.length = 0
  }

  /** The document of JSON column `index` in the before-image. */
  keep(index: number, from: number, to: number): void {
    this.from[index] = from
    this.to[index] = to
  }

  /** Value options and bits stand between the images; returns the offset behind them. */
  between(rows: Buffer, at: number): number {
    const cursor = new ByteCursor(rows, at, rows.length, "partial update")
    const isPartial = (cursor.lenenc() & 1) === 1
    this.rows = rows
    this.bits = isPartial ? cursor.offset : undefined
    if (isPartial) cursor.skip((this.columns + 7) >> 3)
    return cursor.offset
  }

  isPartial(index: number): boolean {
    return this.bits !== undefined && ((this.rows[this.bits + (index >> 3)] ?? 0) & (1 << (index & 7))) !== 0
  }

  /** `undefined` where the image before lacks the document: then nobody knows the one after. */
  patched(index: number, from: number, to: number): string | undefined {
    const before = this.from[index]
    return before === undefined
      ? undefined
      : patchedJsonText(this.rows, before, this.to[index]!, this.rows, from, to)
  }
}
