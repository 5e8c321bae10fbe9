/**
 * A set of transactions by GTID, exact and interval by interval; both servers' text forms, in and out.
 *
 * - MySQL: `uuid:1-5:7`, `uuid:tag:3` (8.3 up), sources separated by commas. A set may have gaps, and keeps them.
 * - MariaDB: `domain-server-sequence`, one for each pair, as in `gtid_binlog_state` and the binlog's GTID_LIST. Sequences
 *   of one server in one domain only rise, so `0-1-100` stands for everything of that pair up to 100.
 *
 * Numbers are 63 bits wide and never pass through a float.
 */

/** First and last of a run, both included. */
interface Interval {
  readonly from: bigint
  to: bigint
}

/** Sorted, never touching or overlapping, never empty. */
type Intervals = Array<Interval>

const MARIADB_SOURCE = /^\d+-\d+$/
const MARIADB_GTID = /^(\d+)-(\d+)-(\d+)$/
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const TAG = /^[a-z_][a-z0-9_]{0,31}$/
const RANGE = /^(\d+)(?:-(\d+))?$/
/** Text that names more than this many sources or intervals in a message says no more than its beginning does. */
const SHOWN_CHARACTERS_MAX = 200

export class GtidSet {
  readonly #sources = new Map<string, Intervals>()

  /** `undefined` where the text is no set of either server. */
  static parse(text: string): GtidSet | undefined {
    const set = new GtidSet()
    for (const part of text.replaceAll(/\s/g, "").split(",")) {
      if (part !== "" && !set.#parsePart(part)) return undefined
    }
    return set
  }

  get isEmpty(): boolean {
    return this.#sources.size === 0
  }

  /** How many runs it takes to write the set down. */
  get intervals(): number {
    let count = 0
    for (const intervals of this.#sources.values()) count += intervals.length
    return count
  }

  /** @param gtid one transaction, as in its event: `uuid:7`, `uuid:tag:7`, `0-1-7` */
  add(gtid: string): void {
    const cut = cutOf(gtid)
    const number = BigInt(gtid.slice(cut + 1))
    const source = gtid.slice(0, cut)
    this.#include(source, isMariadb(gtid, cut) ? 1n : number, number)
  }

  has(gtid: string): boolean {
    const cut = cutOf(gtid)
    const intervals = this.#sources.get(gtid.slice(0, cut))
    if (intervals === undefined) return false
    const number = BigInt(gtid.slice(cut + 1))
    const at = indexOf(intervals, number)
    return at < intervals.length && intervals[at]!.from <= number
  }

  addAll(other: GtidSet): void {
    for (const [source, intervals] of other.#sources) {
      for (const { from, to } of intervals) this.#include(source, from, to)
    }
  }

  copy(): GtidSet {
    const copy = new GtidSet()
    copy.addAll(this)
    return copy
  }

  /** What is in this set and not in the other. */
  minus(other: GtidSet): GtidSet {
    const rest = new GtidSet()
    for (const [source, intervals] of this.#sources) {
      const left = intervals.flatMap((interval) => without(interval, other.#sources.get(source) ?? []))
      if (left.length > 0) rest.#sources.set(source, left)
    }
    return rest
  }

  isWithin(other: GtidSet): boolean {
    return this.minus(other).isEmpty
  }

  /** MariaDB: the highest sequence of each domain, with the server that wrote it. */
  domains(): ReadonlyMap<string, { readonly server: string; readonly sequence: bigint }> {
    const domains = new Map<string, { readonly server: string; readonly sequence: bigint }>()
    for (const [source, intervals] of this.#sources) {
      if (!MARIADB_SOURCE.test(source)) continue
      const [domain, server] = source.split("-") as [string, string]
      const sequence = intervals.at(-1)!.to
      if (sequence > (domains.get(domain)?.sequence ?? -1n)) domains.set(domain, { server, sequence })
    }
    return domains
  }

  /** MariaDB: the last sequence of one server in one domain. */
  lastOf(domain: string, server: string): bigint | undefined {
    return this.#sources.get(`${domain}-${server}`)?.at(-1)?.to
  }

  /** Sources in text order, so that equal sets have equal texts. */
  toString(): string {
    const sources = [...this.#sources.keys()].sort()
    return sources.map((source) => sourceText(source, this.#sources.get(source)!)).join(",")
  }

  /** For messages: a set may have thousands of gaps. */
  toShortString(): string {
    const text = this.toString()
    return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}…`
  }

  #parsePart(part: string): boolean {
    const mariadb = MARIADB_GTID.exec(part)
    if (mariadb !== null) {
      const last = BigInt(mariadb[3]!)
      if (last > 0n) this.#include(`${mariadb[1]}-${mariadb[2]}`, 1n, last)
      return true
    }
    const [uuid = "", ...rest] = part.toLowerCase().split(":")
    if (!UUID.test(uuid) || rest.length === 0) return false
    // `uuid:1-5:tag:3:tag2:1-4`: a tag holds for the intervals behind it.
    let source = uuid
    for (const word of rest) {
      const range = RANGE.exec(word)
      if (range === null) {
        if (!TAG.test(word)) return false
        source = `${uuid}:${word}`
        continue
      }
      const from = BigInt(range[1]!)
      const to = range[2] === undefined ? from : BigInt(range[2])
      if (from < 1n) return false
      if (to >= from) this.#include(source, from, to)
    }
    return true
  }

  #include(source: string, from: bigint, to: bigint): void {
    const intervals = this.#sources.get(source)
    if (intervals === undefined) {
      this.#sources.set(source, [{ from, to }])
      return
    }
    const last = intervals.at(-1)!
    if (from > last.to + 1n) {
      intervals.push({ from, to })
      return
    }
    // By far the most frequent: the next transaction of a server.
    if (from > last.to || (from >= last.from && from <= last.to)) {
      if (to > last.to) last.to = to
      return
    }
    // The first run that touches the new one, and those that it joins.
    const first = indexOf(intervals, from - 1n)
    let behind = first
    while (behind < intervals.length && intervals[behind]!.from <= to + 1n) behind++
    const joined = {
      from: behind > first && intervals[first]!.from < from ? intervals[first]!.from : from,
      to: behind > first && intervals[behind - 1]!.to > to ? intervals[behind - 1]!.to : to
    }
    intervals.splice(first, behind - first, joined)
  }
}

const isMariadb = (gtid: string, cut: number): boolean => gtid[cut] === "-"

/** Of the character before the number. A MariaDB GTID has no colon. */
const cutOf = (gtid: string): number => {
  const colon = gtid.lastIndexOf(":")
  return colon >= 0 ? colon : gtid.lastIndexOf("-")
}

/** Of the first run that ends at or behind a number. */
const indexOf = (intervals: Intervals, number: bigint): number => {
  let [low, high] = [0, intervals.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (intervals[middle]!.to < number) low = middle + 1
    else high = middle
  }
  return low
}

const without = ({ from, to }: Interval, holes: Intervals): Intervals => {
  const left: Intervals = []
  let next = from
  for (let at = indexOf(holes, from); at < holes.length && holes[at]!.from <= to; at++) {
    const hole = holes[at]!
    if (hole.from > next) left.push({ from: next, to: hole.from - 1n })
    if (hole.to >= next) next = hole.to + 1n
  }
  if (next <= to) left.push({ from: next, to })
  return left
}

const sourceText = (source: string, intervals: Intervals): string => {
  if (MARIADB_SOURCE.test(source)) return `${source}-${intervals.at(-1)!.to}`
  return [source, ...intervals.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`))].join(
    ":"
  )
}
