/**
 * What proved whose a result is, as it is kept with the result.
 *
 * - `employeeNo`, `externalId`, `email`, `phone`: that key of the learner.
 * - `resolve`, `relink`: somebody's word; `manual` with releases that did not tell them apart.
 * - `link:` and one of them: the learner was known already, and that had proven it.
 */
export const LINK_RULE = "link:"

/** For people: "phone", or "link, proven by phone". */
export const matchRuleText = (rule: string): string =>
  rule.startsWith(LINK_RULE) ? `link, proven by ${rule.slice(LINK_RULE.length)}` : rule
