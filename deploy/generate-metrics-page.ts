/** Writes docs/metrics.md from the metrics as the program declares them. A unit test finds a page that is behind. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { METRICS } from "../src/pipeline/metrics.ts"

const HEAD = `# Metrics

Generated from \`src/pipeline/metrics.ts\` by \`make schemas\`; do not edit.

A running process answers Prometheus on \`/metrics\` of its own port (\`http\` in the configuration, 9090 where nothing is
said). A value that is not known is \`NaN\`, never 0; a role that the process does not have is absent. No label ever holds a
value of a person. Lag compares the source's commit times with this machine's clock: keep both on NTP.
`

export const metricsPage = (): string =>
  [
    HEAD,
    "| metric | kind | labels | meaning |",
    "|---|---|---|---|",
    ...METRICS.map(({ help, kind, labels, name }) => {
      const named = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${values}`)
      return `| \`${name}\` | ${kind} | ${named.join("; ")} | ${help} |`
    }),
    ""
  ].join("\n")

if (import.meta.main) await writeFile(join(import.meta.dirname, "../docs/metrics.md"), metricsPage())
