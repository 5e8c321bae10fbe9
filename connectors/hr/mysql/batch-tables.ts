/**
 * The temporary tables in which a batch is decided, one set per connection, emptied by every batch.
 *
 * MySQL reads a temporary table once per statement (manual, 10.4.4: "You cannot refer to a TEMPORARY table more than
 * once in the same query"), so what is gathered over the rows of a batch goes by way of a second table.
 */
import type { ServerFacts } from "./mysql-client.ts"

/** Binary, without padding: `a` and `a ` are two. Each server has its own name for it. */
const binaryCollation = ({ isMariaDb }: Pick<ServerFacts, "isMariaDb">): string =>
  isMariaDb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin"

/** Named in the migrations as MySQL names it. */
export const inServersWords = (sql: string, facts: Pick<ServerFacts, "isMariaDb">): string =>
  sql.replaceAll("utf8mb4_0900_bin", binaryCollation(facts))

/**
 * One row per score of the batch: as sent, then what is known of it, then the verdict. Small: every statement reads it, so
 * the events stay in {@link EVENTS}.
 */
export const SCORES = "`gradewire`.`batch_score`"
/** The events of the batch's scores, in the order of their rows, as one JSON text; few are ever read back. */
export const EVENTS = "@gradewire_events"

/**
 * Rows `f` with their events `e`, from the text to the rows, because the servers read it anew for each row that stands
 * before it. Nothing is parsed where no row is held or refused (write-sql.ts, COUNT).
 */
export const WITH_EVENT = `json_table(if(@gradewire_held + @gradewire_dead > 0, ${EVENTS}, '[]'), '$[*]'
  columns (n for ordinality, event json path '$')) e straight_join ${SCORES} f on f.n = e.n - 1`

/** MySQL and MariaDB ask for some database where a statement names its tables by aliases, whatever they stand for. */
export const USE_OURS = "use `gradewire`"

/** Every employee that some rule hits. */
export const HITS = "`gradewire`.`batch_hit`"
/** The person proven for a learner in this batch. */
export const PROOFS = "`gradewire`.`batch_proof`"

/**
 * A held change that says the result is somebody else's takes it from the person it was filed to: right person or
 * nobody (G7). The ledger keeps its position, so that the change is filed once its person is proven.
 */
export const WITHDRAWN = "f.verdict = 'held' and f.was_filed and f.learner_id <> f.ledger_learner"

const POSITION = "varchar(64) character set ascii collate ascii_bin"

/** `n` is the place in the batch, which is position order. */
export const createTables = (facts: ServerFacts): ReadonlyArray<string> => {
  const charset = `character set utf8mb4 collate ${binaryCollation(facts)}`
  const key = `varchar(700) ${charset}`
  const text = `text ${charset}`
  const rule = `varchar(32) ${charset}`
  const long = `longtext ${charset}`
  const end = `engine = InnoDB row_format = dynamic default charset = utf8mb4 collate = ${binaryCollation(facts)}`
  return [
    USE_OURS,
    `create temporary table if not exists ${SCORES} (
  n int not null primary key, position ${POSITION} not null, result_id ${key} not null, event_id ${text} not null,
  type varchar(64) not null, subject ${text} not null, target int, revoked tinyint not null, learner_id ${key},
  employee_no ${text}, external_id ${text}, phone ${text}, email ${text}, name ${text}, day date, assessment_id ${key}, event_time varchar(32), refusal ${text},
  held_reason varchar(32), ledger_position ${POSITION}, was_filed tinyint not null, ledger_employee ${text}, ledger_learner ${key},
  ledger_row_key ${long}, ledger_rule ${rule}, linked ${text}, is_stale tinyint not null, blocked tinyint not null,
  learner_known tinyint not null, assessment_known tinyint not null, assessment_title ${text},
  assessment_max varchar(100) ${charset}, assessment_pass varchar(100) ${charset},
  is_unproven tinyint not null, is_excluded tinyint not null default 0, own_person ${text}, own_rule ${rule}, match_rule ${rule}, people int, rule int, is_ambiguous tinyint, person ${text},
  verdict varchar(8), reason varchar(32), row_key ${long}
) ${end}`,
    `create temporary table if not exists ${HITS} (
  n int not null, rule int not null, id int not null auto_increment, employee ${text} not null,
  is_other tinyint not null,
  primary key (n, rule, id), key (id)
) ${end}`,
    `create temporary table if not exists ${PROOFS} (learner_id ${key} not null primary key, person ${text} not null, rule ${rule}) ${end}`
  ]
}

export const EMPTY_TABLES: ReadonlyArray<string> = [
  `delete from ${SCORES}`,
  `delete from ${HITS}`,
  `delete from ${PROOFS}`
]

/** Columns of a JSON array of arrays, in order. */
export const jsonRows = (
  variable: string,
  columns: ReadonlyArray<readonly [name: string, type: string]>
): string => {
  const listed = columns.map(([name, type], index) => `${name} ${type} path '$[${index}]'`)
  return `json_table(${variable}, '$[*]' columns (${listed.join(", ")}))`
}

/** Types of such columns. Unbounded: a type with a length would cut what is longer, or make it NULL. */
export const jsonTypes = (facts: Pick<ServerFacts, "isMariaDb">) =>
  ({
    number: "int",
    position: POSITION,
    text: `longtext character set utf8mb4 collate ${binaryCollation(facts)}`
  }) as const
