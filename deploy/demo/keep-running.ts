/** `--keep`: everything goes on until Ctrl-C, and the newcomer is told what to try. */
import { join, relative } from "node:path"
import { DIST, type Gradewire } from "./Gradewire.ts"
import type { LiveRun } from "./LiveRun.ts"
import type { Stage } from "./prepare-stage.ts"
import type { Screen } from "./Screen.ts"

export const keepRunning = async (
  stage: Stage,
  gradewire: Gradewire,
  live: LiveRun,
  screen: Screen,
  abort: AbortSignal
): Promise<void> => {
  for (const line of whatToTry(stage, gradewire, screen)) screen.line(line)
  live.announce = true
  if (!abort.aborted) await new Promise((done) => abort.addEventListener("abort", done, { once: true }))
  screen.line()
  screen.line(`  Ending everything; ${stage.folder} keeps configuration and log.`)
  await gradewire.stop()
}

const whatToTry = (stage: Stage, gradewire: Gradewire, screen: Screen): ReadonlyArray<string> => {
  const { changeLog, config, folder, people, source, target } = stage
  const bold = (text: string): string => screen.style("bold", text)
  const program = `node ${relative(process.cwd(), join(DIST, "gradewire.js"))}`
  const known = people.learners.find(({ kind }) => kind === "phone")!
  const sql = (text: string): string =>
    `    mysql -h ${source.host} -P ${source.port} -u root training -e "${text}"`
  const psql = (text: string): string => `    psql ${stage.hrUrl} -c "${text}"`
  return [
    "",
    bold("Everything is still running"),
    `  training database  ${source.url}training`,
    `  HR database        ${stage.hrUrl}`,
    `  change log         ${changeLog.url}`,
    `  configuration      ${config}`,
    `  log of gradewire   ${gradewire.logFile}`,
    `  pids               gradewire ${gradewire.pid}, ${source.kind} ${source.pid ?? "in its container"}, nats ${changeLog.pid ?? "in its container"}, postgresql ${target.pid ?? "in its container"}`,
    "",
    bold("What to try next"),
    "  Take an exam, and see its line appear below:",
    sql(
      `INSERT INTO 成绩 (学员id, 考试编号, 分数, 满分, 及格线, 完成时间) VALUES (${known.id}, 'AQ-2026-01', 98.5, 100, 60, UTC_TIMESTAMP(3) + INTERVAL 8 HOUR)`
    ),
    "  Correct it:",
    sql("UPDATE 成绩 SET 分数 = 99 ORDER BY id DESC LIMIT 1"),
    "  Where gradewire stands, and who waits for an employee:",
    `    ${program} offsets list --config ${config}`,
    psql("SELECT reason, count(*), max(waiting_seconds) FROM gradewire.held GROUP BY reason"),
    "  Compare both databases row by row, and read what an auditor gets:",
    `    ${program} verify --config ${config}`,
    `    ${program} report show --config ${config} -o html > report.html`,
    "  Check everything it needs, or see the configuration with its defaults:",
    `    ${program} check --config ${config}`,
    `    ${program} config render --config ${config}`,
    "",
    `  ${bold("Ctrl-C")} ends it all. The servers' files go with them; ${folder} stays.`,
    ""
  ]
}
