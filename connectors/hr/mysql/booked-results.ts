/** What ledger and queues say of results, whatever their rows hold: of rows that cannot be compared. */
import { idRows } from "./compare-script.ts"
import type { ServerFacts } from "./mysql-client.ts"
import { jsonLiteral, literal } from "./sql-text.ts"

/** A script whose answer has a row for each of the ids. */
export const bookedResults = (
  connector: string,
  facts: ServerFacts,
  ids: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const ours = (alias: string) =>
    `${alias}.connector = ${literal(connector)} and ${alias}.result_id = f.result_id`
  return [
    `set @gradewire_ids = ${jsonLiteral(JSON.stringify(ids))}`,
    `select f.result_id as id, l.state, l.position, coalesce(l.state = 'recorded', 0) as is_there,
  h.result_id is not null as is_held, exists (
    select 1 from \`gradewire\`.\`dead_letter\` z where ${ours("z")} and (
      z.state in ('open', 'waiting', 'replay') or z.state = 'discarded' and z.position > coalesce(l.position, ''))
  ) as is_dead, l.learner_id as learner, null as fields, 0 as is_untouched
from ${idRows("result_id", facts)} f
left join \`gradewire\`.\`result_ledger\` l on ${ours("l")}
left join \`gradewire\`.\`held_change\` h on ${ours("h")}`
  ]
}
