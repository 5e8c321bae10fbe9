/**
 * The scripts of one mapping on one server: each a list of statements for one packet, one transaction, one answer (D6).
 *
 * What events bring stands in them as literals of the driver's making, most of it as one JSON text for all scores.
 */
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import { EMPTY_TABLES, EVENTS, SCORES } from "./batch-tables.ts"
import { ChangeRowsMaker, isPartial } from "./change-rows.ts"
import {
  FENCE,
  gatherScores,
  judgeScores,
  leavePlaces,
  lockOffset,
  putAssessments,
  putLearners,
  sentScores,
  storedScores,
  takePlaces
} from "./decide-sql.ts"
import type { Lane } from "../../../schemas/lane.ts"
import type { HrMapping } from "./mapping.ts"
import type { ServerFacts } from "./mysql-client.ts"
import { countOffset, moveOffset, type Move } from "./offset-statements.ts"
import { jsonLiteral, literal } from "./sql-text.ts"
import { ANSWER, COUNT, LETTERS_ANSWER, lockLetters, writeScores } from "./write-sql.ts"

const json = (value: unknown): string => jsonLiteral(JSON.stringify(value))

export class BatchScripts {
  private readonly mapping: HrMapping
  private readonly connector: string
  private readonly facts: ServerFacts
  private readonly place: Lane
  private readonly maker: ChangeRowsMaker
  private readonly judging: ReadonlyArray<string>

  constructor(mapping: HrMapping, connector: string, facts: ServerFacts, place: Lane) {
    this.place = place
    this.mapping = mapping
    this.connector = connector
    this.facts = facts
    this.maker = new ChangeRowsMaker(mapping)
    this.judging = judgeScores(mapping, connector)
  }

  /** Results whose held change must be read before their own can be filed. */
  partialResults(changes: ReadonlyArray<ChangeEvent>): ReadonlyArray<string> {
    return changes.flatMap((change) =>
      isPartial(this.mapping, change) && "resultId" in change.data ? [change.data.resultId] : []
    )
  }

  /** Why one of the changes cannot be filed whatever the server says; a batch of others makes it a dead letter. */
  refusalOf(changes: ReadonlyArray<ChangeEvent>): string | null {
    return this.maker.make(changes).refused
  }

  /**
   * @param move `undefined`: under the epoch alone, the offset stays
   * @param letters positions of dead letters that get another attempt with these changes
   */
  batch(
    epoch: number,
    changes: ReadonlyArray<ChangeEvent>,
    move: Move | undefined,
    letters?: ReadonlyArray<string>
  ): ReadonlyArray<string> {
    const { connector, facts, mapping } = this
    const { lane, lanes } = this.place
    const isShared = lanes > 1
    const { assessments, events, learners, puts, scores, targets } = this.maker.make(changes)
    const sent = sentScores(facts, "@gradewire_scores")
    return [
      ...EMPTY_TABLES,
      `set @gradewire_scores = ${json(scores)}, ${EVENTS} = ${json(events)}${puts
        .map((group, index) => `, @gradewire_put_${index} = ${json(group.rows)}`)
        .join("")}`,
      ...lockOffset(connector, lane, epoch, move?.expected),
      ...(letters === undefined ? [] : lockLetters(connector, letters)),
      ...(learners.length === 0 ? [] : putLearners(connector, facts, json(learners))),
      ...(assessments.length === 0 ? [] : putAssessments(connector, facts, json(assessments))),
      ...(isShared && scores.length > 0 ? [takePlaces(connector, sent)] : []),
      ...(scores.length === 0
        ? []
        : [gatherScores(mapping, connector, sent, letters !== undefined), ...this.judging]),
      COUNT,
      ...writeScores({
        connector,
        facts,
        mapping,
        puts,
        rows: puts.map((_, index) => `@gradewire_put_${index}`),
        targets,
        hasScores: scores.length > 0,
        letters
      }),
      ...(isShared && scores.length > 0 ? [leavePlaces(connector)] : []),
      move === undefined ? countOffset(connector, lane) : moveOffset(connector, lane, epoch, move, true),
      "commit",
      letters === undefined ? ANSWER : LETTERS_ANSWER
    ]
  }

  /**
   * Which of the held results something can be done about now: they can be filed, they are outdated, or they wait for
   * another reason. Reads only.
   */
  probe(results: ReadonlyArray<string>): ReadonlyArray<string> {
    const { connector, facts, mapping } = this
    return [
      ...EMPTY_TABLES,
      `set ${FENCE} = 1, @gradewire_held_results = ${json(results)}`,
      gatherScores(
        mapping,
        connector,
        storedScores(connector, facts, mapping, "@gradewire_held_results"),
        false
      ),
      ...this.judging,
      `select f.result_id from ${SCORES} f
where f.verdict in ('filed', 'stale') or f.verdict = 'held' and f.reason <> f.held_reason order by f.position`
    ]
  }

  /** Held changes of the results, as they are stored. */
  heldChanges(results: ReadonlyArray<string>): string {
    const listed = results.map((result) => literal(result)).join(", ")
    return `select convert(event using utf8mb4) as event from \`gradewire\`.\`held_change\`
where connector = ${literal(this.connector)} and result_id in (${listed}) order by position`
  }
}
