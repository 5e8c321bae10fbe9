/**
 * What the schema cannot say: rules between the parts of a configuration.
 *
 * Rules that need something to be present keep silent while a part did not decode: every problem shows at once, and
 * none that is only the shadow of another.
 */
import { checkAlerts } from "./check-alerts.ts"
import { checkConnections } from "./check-connections.ts"
import { checkIdentity } from "./check-identity.ts"
import { checkReconcile } from "./check-reconcile.ts"
import { checkTables } from "./check-tables.ts"
import { checkTargets } from "./check-targets.ts"
import type { ConfigIssue } from "./config-errors.ts"
import type { ConfigParts } from "./config-parts.ts"

export const checkConfig = (parts: ConfigParts): ReadonlyArray<ConfigIssue> => [
  ...checkConnections(parts),
  ...checkTables(parts),
  ...checkIdentity(parts),
  ...checkTargets(parts),
  ...checkAlerts(parts),
  ...checkReconcile(parts)
]
