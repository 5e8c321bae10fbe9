/**
 * The HR database as a history needs it, whatever its kind: HR's own tables and rules, the witnesses beside gradewire's
 * tables, and the faults that only its own server can make.
 */
import type { Account } from "../../deploy/demo/training-database.ts"
import type { HrSide } from "../../deploy/demo/read-databases.ts"
import type { Employee } from "../../deploy/demo/people.ts"
import type { RunningServer, ServerKind } from "../../deploy/servers/server.ts"
import type { Framing } from "./TcpProxy.ts"

export type TargetKind = Exclude<ServerKind, "nats">
export const TARGET_KINDS = ["postgresql", "mysql", "mariadb"] as const satisfies ReadonlyArray<TargetKind>

/** Where scores are filed: HR's own table, mapped, or the tables that gradewire keeps itself. */
export const PROFILE_KINDS = ["mapped", "own"] as const
export type ProfileKind = (typeof PROFILE_KINDS)[number]

/** HR refuses longer comments, and those that begin with the word; the training system has no such rules. */
export const COMMENT_MAX = 120
export const POISON_WORD = "毒"

/** One connection of the superuser. It may break at any time. */
export interface HrSession {
  /** `?` stands for a value. */
  readonly rows: <Row extends object>(
    text: string,
    values?: ReadonlyArray<string | null>
  ) => Promise<ReadonlyArray<Row>>
  readonly end: () => Promise<void>
}

export interface HrDatabase {
  readonly server: RunningServer
  /** Where its protocol says that a batch or a take-over is asked for and answered. */
  readonly framing: Framing
  /** Rejects where the server does not answer. */
  readonly connect: () => Promise<HrSession>
  /** As if nobody had ever used it. */
  readonly clear: () => Promise<void>
  /** HR's tables, rules and people, and gradewire's account. */
  readonly create: (employees: ReadonlyArray<Employee>) => Promise<Account>
  /**
   * Statements that put witnesses beside gradewire's tables, which must be there. Where gradewire keeps the profile itself,
   * HR's rules move there, and `hr.training_record` shows what it holds.
   */
  readonly audit: (profile: ProfileKind) => ReadonlyArray<string>
  readonly read: (session: HrSession) => Promise<HrSide>
  /** Nobody but the superuser may write. */
  readonly setReadOnly: (session: HrSession, isReadOnly: boolean) => Promise<void>
  readonly endSessionsOfGradewire: (session: HrSession) => Promise<void>
  /** Nobody else may use the profile table meanwhile. */
  readonly lockProfile: (session: HrSession, meanwhile: () => Promise<unknown>) => Promise<void>
  /** Statements that make a transaction of this session the more or the less patient one of a deadlock. */
  readonly patience: (isPatient: boolean) => ReadonlyArray<string>
  /** Files below its datadir that must not be in a copy of it. */
  readonly notInCopy: ReadonlyArray<string>
}

export const enterEmployees = async (
  session: HrSession,
  employees: ReadonlyArray<Employee>
): Promise<void> => {
  if (employees.length === 0) return
  await session.rows(
    `INSERT INTO hr.employee (工号, 姓名, phone, email, department) VALUES ${employees.map(() => "(?, ?, ?, ?, ?)").join(", ")}`,
    employees.flatMap(({ department, email, name, no, phone }) => [no, name, phone, email, department])
  )
}
