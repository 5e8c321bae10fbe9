/** What an operator wants a role to do; kept in the HR database, so that a restart does not forget it. */
export interface RoleControl {
  readonly role: "capture" | "apply"
  readonly paused: boolean
  /** In the operator's words. */
  readonly reason: string
  /** User and host of the command. */
  readonly changedBy: string
  /** Change events that each of its processes may pass in a second; null: no limit. */
  readonly eventsPerSecond: number | null
  /** RFC 3339 UTC. */
  readonly changedAt: string
}
