/** What becomes of each score of a batch, for the profile store in memory: the rules of matching, guard and queues. */
import type { ScoreEvent } from "../../../schemas/change-event.ts"
import { LEARNER_KEYS } from "../../../schemas/employees-config.ts"
import type { ConnectorConfig } from "../../../schemas/connector-config.ts"
import type { TargetTable } from "../../../schemas/table-config.ts"
import { excludedBy, exclusionsOf } from "../../../src/identity/exclusions.ts"
import { isUsable, type KeyNormaliser } from "../../../src/identity/KeyNormaliser.ts"

/** A score table with an existing table as its target. */
export interface MappedScores {
  readonly table: string
  readonly target: TargetTable
}

export interface LedgerEntry {
  readonly position: string
  readonly eventId: string
  readonly state: "recorded" | "revoked"
  readonly learnerId: string | null
  readonly employee: string | null
}

export interface Learner {
  readonly position: string
  readonly employeeNo?: string | null
  readonly externalId?: string | null
  readonly phone?: string | null
  readonly email?: string | null
  readonly name?: string | null
}

export interface MemoryPeople {
  readonly staff: ReadonlyArray<Readonly<Record<string, string | null>>>
  readonly learners: ReadonlyMap<string, Learner>
  readonly assessments: ReadonlyMap<string, unknown>
  readonly links: ReadonlyMap<string, string>
  readonly ledger: ReadonlyMap<string, LedgerEntry>
  readonly held: ReadonlyMap<string, { readonly event: ScoreEvent }>
  readonly letters: ReadonlyArray<Letter>
}

interface Letter {
  readonly event: { readonly sequence: string }
  readonly resultId: string | null
  readonly state: "open" | "waiting" | "replay" | "done" | "discarded"
}

interface JudgeOptions<L extends Letter> {
  readonly scores: ReadonlyArray<MappedScores>
  readonly employees: ConnectorConfig["employees"]
  readonly normaliser: KeyNormaliser
  readonly isReplay: boolean
  readonly isUnresolved: (letter: L) => boolean
}

export interface Judgement {
  readonly event: ScoreEvent
  readonly fate: "stale" | "dead" | "held" | "file"
  readonly reason: string
  readonly person: string | null
  /** Set where a rule proved the person now. */
  readonly rule: string | undefined
  readonly isMapped: boolean
  readonly target: Pick<MappedScores, "target"> | undefined
}

interface Proof {
  readonly person: string | null
  readonly reason: string
  readonly rule: string | undefined
}

type Staff = MemoryPeople["staff"][number]
const DAY = 86_400_000

const prove = (
  people: Omit<MemoryPeople, "letters">,
  event: ScoreEvent,
  employees: ConnectorConfig["employees"],
  normaliser: KeyNormaliser
): Proof => {
  const { learner, resultId } = event.data
  const known = learner.id == null ? undefined : people.learners.get(learner.id)
  const linked = learner.id == null ? undefined : people.links.get(learner.id)
  if (linked !== undefined) return { person: linked, reason: "", rule: undefined }
  const filed = people.ledger.get(resultId)
  if (learner.id == null && filed?.state === "recorded")
    return { person: filed.employee, reason: "", rule: undefined }
  const taken = (event.data as { attempt?: { submittedAt?: string | null } }).attempt?.submittedAt
  const day = Date.parse(`${(taken?.endsWith("Z") === true ? taken : event.time).slice(0, 10)}T00:00:00Z`)
  const column = (one: Staff, name: string | undefined) =>
    (name === undefined ? undefined : one[name]) || undefined
  const isEmployed = (one: Staff): boolean => {
    const [hired, left] = [column(one, employees.hiredOn), column(one, employees.leftOn)]
    const isIn =
      (hired === undefined || Date.parse(hired) <= day + DAY) &&
      (left === undefined || Date.parse(left) >= day - DAY)
    const isQualified =
      employees.status?.qualified.includes(column(one, employees.status.column) ?? "") ?? true
    return (isIn && isQualified) || column(one, employees.mergedInto) !== undefined
  }
  const plain = (name: string | null | undefined) => name?.replace(/\s/gu, "").toLowerCase() || undefined
  const isNamedOtherwise = (one: Staff): boolean => {
    const [learners, theirs] = [plain(known?.name), plain(column(one, employees.name))]
    return learners !== undefined && theirs !== undefined && learners !== theirs
  }
  const keyOf = (kind: (typeof LEARNER_KEYS)[number]): string => {
    const own = learner[kind]
    const key = own != null && own !== "" ? own : known?.[kind]
    return key == null ? "" : normaliser.normalise(kind, key)
  }
  const keys = Object.fromEntries(LEARNER_KEYS.map((kind) => [kind, keyOf(kind)]))
  if (excludedBy(exclusionsOf(employees), keys) !== undefined)
    return { person: null, reason: "UNQUALIFIED", rule: undefined }
  const hits = employees.match.map((rule) => {
    const own = learner[rule.learner]
    const key = own != null && own !== "" ? own : known?.[rule.learner]
    const wanted = key == null ? "" : normaliser.normalise(rule.learner, key)
    const found = people.staff.filter((one) => {
      const theirs = one[rule.employee]
      return (
        isUsable(wanted) &&
        theirs != null &&
        isEmployed(one) &&
        normaliser.normalise(rule.learner, theirs) === wanted
      )
    })
    const hit = new Set(found.map((one) => column(one, employees.mergedInto) ?? one[employees.key]!))
    const isOther = rule.learner === "phone" && found.every(isNamedOtherwise)
    return { rule: rule.learner, key, people: hit, isOther }
  })
  const all = new Set(hits.flatMap((hit) => [...hit.people]))
  if (hits.some((hit) => hit.people.size > 1)) return { person: null, reason: "AMBIGUOUS", rule: undefined }
  if (all.size > 1) return { person: null, reason: "CONFLICT", rule: undefined }
  const named = hits.filter((hit) => hit.people.size > 0)
  if (named.length > 0 && named.every(({ isOther }) => isOther))
    return { person: null, reason: "CONFLICT", rule: undefined }
  if (all.size === 1)
    return { person: [...all][0]!, reason: "", rule: hits.find((hit) => hit.people.size === 1)!.rule }
  const isUnknown = learner.id != null && known === undefined && hits.every((hit) => !hit.key)
  return { person: null, reason: isUnknown ? "LEARNER_UNKNOWN" : "ABSENT", rule: undefined }
}

/** Judgements in the order of the events. */
export const judge = <L extends Letter>(
  people: Omit<MemoryPeople, "letters"> & { readonly letters: ReadonlyArray<L> },
  events: ReadonlyArray<ScoreEvent>,
  options: JudgeOptions<L>
): ReadonlyArray<Judgement> => {
  const letters: ReadonlyArray<L> = people.letters
  const isBlocked = ({ data, sequence }: ScoreEvent): boolean =>
    letters.some(
      (letter) =>
        options.isUnresolved(letter) &&
        letter.resultId === data.resultId &&
        (letter.event.sequence < sequence || (!options.isReplay && letter.event.sequence === sequence))
    )
  const isStale = ({ data, sequence }: ScoreEvent): boolean =>
    (people.ledger.get(data.resultId)?.position ?? "") >= sequence ||
    (people.held.get(data.resultId)?.event.sequence ?? "") > sequence
  const proofs = events.map((event) =>
    isStale(event) || isBlocked(event) || event.type === "gradewire.score.revoked.v1"
      ? undefined
      : prove(people, event, options.employees, options.normaliser)
  )
  const agreed = new Map<string, Proof>()
  events.forEach(({ data }, index) => {
    const proof = proofs[index]
    if (data.learner.id != null && proof?.person != null && !agreed.has(data.learner.id))
      agreed.set(data.learner.id, proof)
  })
  return events.map((event, index) => {
    const own = proofs[index] ?? { person: null, reason: "", rule: undefined }
    const proof = (event.data.learner.id == null ? undefined : agreed.get(event.data.learner.id)) ?? own
    const target = options.scores.find(({ table }) => table === event.subject)
    const base = { event, ...proof, target, isMapped: target !== undefined }
    if (isStale(event)) return { ...base, fate: "stale" }
    if (target === undefined || isBlocked(event)) return { ...base, fate: "dead" }
    if (event.type === "gradewire.score.revoked.v1") return { ...base, fate: "file" }
    if (proof.person === null) return { ...base, fate: "held" }
    const needs = Object.values(target.target.columns).some(
      (from) => typeof from === "string" && /^assessment\.(title|max|pass)$/.test(from)
    )
    const assessment = event.data.assessment?.id
    const isUnknown = needs && assessment != null && !people.assessments.has(assessment)
    return {
      ...base,
      fate: isUnknown ? "held" : "file",
      reason: isUnknown ? "ASSESSMENT_UNKNOWN" : proof.reason
    }
  })
}
