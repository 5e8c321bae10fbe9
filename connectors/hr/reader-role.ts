/** The role that may read the views without personal values, as both kinds of server are asked for it. */

export interface ReaderRole {
  /** Whether the role is there and may read them. */
  readonly ready: boolean
  /** What an administrator runs where this account may not; empty where it is ready. */
  readonly statements: string
}

export const READY: ReaderRole = { ready: true, statements: "" }
