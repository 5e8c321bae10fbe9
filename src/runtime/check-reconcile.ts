/** Mending by itself follows a comparison by the clock. */
import type { ConfigIssue } from "./config-errors.ts"
import type { ConfigParts } from "./config-parts.ts"

export const checkReconcile = ({ reconcile }: ConfigParts): ReadonlyArray<ConfigIssue> =>
  reconcile?.repair === undefined || reconcile.cron !== undefined
    ? []
    : [
        {
          path: ["reconcile", "repair"],
          end: "key",
          message: "nothing is compared by itself, so nothing is mended by itself",
          fix: 'add cron: "30 3 * * *", or remove repair; gradewire repair mends by hand'
        }
      ]
