/**
 * The batch statements of one mapping, compiled, and which of them a batch needs.
 *
 * A prepared statement keeps its plan, and a plan made while the tables were small scans them. The server plans anew
 * when a table is analysed; where nobody analyses, a new name after ever more uses (16, 128, 1024, then every 8192)
 * does the same.
 */
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import type { Lane } from "../../../schemas/lane.ts"
import { batchStatement, probeStatement } from "./batch-statement.ts"
import { FEW } from "./batch-write-parts.ts"
import { sourceSql } from "./column-values.ts"
import type { HrMapping, MappedTarget } from "./mapping.ts"

type Variant = "full" | "full_few" | "partial" | "partial_few" | "release" | "replay" | "probe"

export interface PreparedStatement {
  /** None where a plan is made anew for each use. */
  readonly name: string | undefined
  readonly text: string
  /** Name of the plan that this one takes over from, to be let go. */
  readonly retired: string | undefined
}

const RENEWALS = [16, 128, 1024] as const
const RENEWAL_USES = 8192

type Path = readonly [group: string, key?: string]

const pathsOf = (target: MappedTarget): ReadonlyArray<Path> =>
  target.columns.flatMap(({ from }) => {
    const path = typeof from === "object" ? undefined : sourceSql(from).path
    return path === undefined ? [] : [path]
  })

export class PreparedBatches {
  private readonly texts: Readonly<Record<Variant, string>>
  private readonly paths: ReadonlyMap<string, ReadonlyArray<Path>>
  private readonly uses = new Map<Variant, number>()
  private readonly prefix: string

  /** @param serial different for every compiled mapping of a connection, so that names never meet another text */
  constructor(mapping: HrMapping, serial: number, place: Lane) {
    this.prefix = `gradewire_${serial}`
    this.paths = new Map(mapping.targets.map((target) => [target.subject, pathsOf(target)]))
    const events = {
      source: "events",
      fence: "offset",
      isPartial: false,
      isReplay: false,
      isFew: false,
      place
    } as const
    this.texts = {
      full: batchStatement(mapping, events),
      full_few: batchStatement(mapping, { ...events, isFew: true }),
      partial: batchStatement(mapping, { ...events, isPartial: true }),
      partial_few: batchStatement(mapping, { ...events, isPartial: true, isFew: true }),
      replay: batchStatement(mapping, {
        ...events,
        fence: "epoch",
        isPartial: true,
        isReplay: true,
        isFew: true
      }),
      release: batchStatement(mapping, { ...events, source: "held", fence: "epoch", isPartial: true }),
      probe: probeStatement(mapping, place)
    }
  }

  statement(variant: Variant): PreparedStatement {
    // Asked once a second at most: a plan that was kept from when the queue was empty costs more than planning.
    if (variant === "probe") return { name: undefined, text: this.texts.probe, retired: undefined }
    const used = this.uses.get(variant) ?? 0
    this.uses.set(variant, used + 1)
    const version = versionAt(used)
    const before = used === 0 ? version : versionAt(used - 1)
    const name = (of: number) => `${this.prefix}_${variant}_${of}`
    return {
      name: name(version),
      text: this.texts[variant],
      retired: before === version ? undefined : name(before)
    }
  }

  /** The statement of a batch of these changes. */
  batchStatement(changes: ReadonlyArray<ChangeEvent>): PreparedStatement {
    const form = this.isPartial(changes) ? "partial" : "full"
    return this.statement(changes.length <= FEW ? `${form}_few` : form)
  }

  /** Whether some score lacks a key that its target is filled from. */
  private isPartial(changes: ReadonlyArray<ChangeEvent>): boolean {
    for (const { data, subject, type } of changes) {
      if (!("resultId" in data) || type === "gradewire.score.revoked.v1") continue
      const groups = data as unknown as Readonly<
        Record<string, Readonly<Record<string, unknown>> | undefined>
      >
      for (const [group, key] of this.paths.get(subject) ?? []) {
        const held = groups[group]
        if (held === undefined || (key !== undefined && !(key in held))) return true
      }
    }
    return false
  }
}

const versionAt = (used: number): number => {
  const early = RENEWALS.findIndex((limit) => used < limit)
  return early >= 0 ? early : RENEWALS.length + Math.floor(used / RENEWAL_USES)
}

/** JSON arrays of scores, learners and assessments, as the batch statement takes them. */
export const changeArrays = (
  changes: ReadonlyArray<ChangeEvent>
): readonly [scores: string, learners: string, assessments: string] => {
  const scores: Array<ChangeEvent> = []
  const learners: Array<ChangeEvent> = []
  const assessments: Array<ChangeEvent> = []
  for (const change of changes) {
    if ("resultId" in change.data) scores.push(change)
    else if ("learnerId" in change.data) learners.push(change)
    else if ("assessmentId" in change.data) assessments.push(change)
  }
  return [JSON.stringify(scores), JSON.stringify(learners), JSON.stringify(assessments)]
}
