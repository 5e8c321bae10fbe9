/** HR on PostgreSQL: the demo's own database, with rules. */
import { Client } from "pg"
import { connectHr, createHr, HR_DATABASE, hrUrl } from "../../deploy/demo/hr-database.ts"
import { readHr } from "../../deploy/demo/read-databases.ts"
import type { RunningServer } from "../../deploy/servers/server.ts"
import { START } from "../../schemas/position.ts"
import { postgresqlFraming } from "./framers.ts"
import { COMMENT_MAX, type HrDatabase, type HrSession, POISON_WORD, type ProfileKind } from "./HrDatabase.ts"

const RULES = `
  ALTER TABLE hr.training_record ALTER comment TYPE varchar(${COMMENT_MAX});
  ALTER TABLE hr.training_record ADD CONSTRAINT sound_comment CHECK (comment NOT LIKE '${POISON_WORD}%');
`

/** Triggers of the test's own. What they note commits and is restored together with what it tells of. */
const AUDIT = `
  CREATE SCHEMA audit;
  CREATE TABLE audit.ledger (n bigserial, result_id text, position text COLLATE "C", event_id text);
  CREATE TABLE audit.progress (n bigserial, lane int, position text COLLATE "C", generation bigint, epoch bigint);
  CREATE TABLE audit.profile (n bigserial, ref text, score text);

  CREATE FUNCTION audit.note_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    INSERT INTO audit.ledger (result_id, position, event_id) VALUES (NEW.result_id, NEW.position, NEW.event_id);
    RETURN NULL;
  END $$;
  CREATE FUNCTION audit.note_progress() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    INSERT INTO audit.progress (lane, position, generation, epoch)
    VALUES (NEW.lane, NEW.position, NEW.generation, NEW.epoch);
    RETURN NULL;
  END $$;
  -- a deleted row of the ledger would unlock older changes; only a place that lanes keep for one may go
  CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'chaos: rows of % are never deleted, nor is the history changed', TG_TABLE_NAME; END $$;

  CREATE TRIGGER note_ledger AFTER INSERT OR UPDATE ON gradewire.result_ledger
    FOR EACH ROW EXECUTE FUNCTION audit.note_ledger();
  CREATE TRIGGER keep_ledger BEFORE DELETE ON gradewire.result_ledger
    FOR EACH ROW WHEN (OLD.position <> '${START}') EXECUTE FUNCTION audit.refuse();
  CREATE TRIGGER note_progress AFTER INSERT OR UPDATE ON gradewire.apply_offset
    FOR EACH ROW EXECUTE FUNCTION audit.note_progress();
  CREATE TRIGGER keep_progress BEFORE DELETE ON gradewire.apply_offset
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
`

const NOTE_MAPPED = `
  CREATE FUNCTION audit.note_profile() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    IF TG_OP = 'DELETE' THEN
      INSERT INTO audit.profile (ref, score) VALUES (OLD.source_ref, NULL);
    ELSE
      INSERT INTO audit.profile (ref, score) VALUES (NEW.source_ref, coalesce(NEW.exam_score::text, 'NULL'));
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER note_profile AFTER INSERT OR UPDATE OR DELETE ON hr.training_record
    FOR EACH ROW EXECUTE FUNCTION audit.note_profile();
  -- the demo's own listener is not needed here
  DROP TRIGGER IF EXISTS tell_arrival ON hr.training_record;
`

/** Revoked rows stay, and are gone for those who look; the history is only ever added to. */
const NOTE_OWN = `
  DROP TABLE hr.training_record;
  CREATE VIEW hr.training_record AS
    SELECT result_id AS id, result_id AS source_ref, employee_key AS employee_no, assessment_title AS exam_title,
      score_raw::numeric(5,2) AS exam_score, score_max::numeric(5,2) AS full_mark, score_pass::numeric(5,2) AS pass_mark,
      submitted_at AS finish_timestamp, attributes ->> 'comment' AS comment
    FROM gradewire.training_record WHERE state = 'recorded';
  ALTER TABLE gradewire.training_record ADD CONSTRAINT sound_comment
    CHECK (attributes ->> 'comment' NOT LIKE '${POISON_WORD}%' AND length(attributes ->> 'comment') <= ${COMMENT_MAX});

  CREATE FUNCTION audit.note_profile() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    INSERT INTO audit.profile (ref, score) VALUES (NEW.result_id, CASE WHEN NEW.state = 'recorded'
      THEN coalesce(NEW.score_raw::numeric(5,2)::text, 'NULL') END);
    RETURN NULL;
  END $$;
  CREATE TRIGGER note_profile AFTER INSERT OR UPDATE ON gradewire.training_record
    FOR EACH ROW EXECUTE FUNCTION audit.note_profile();
  CREATE TRIGGER keep_profile BEFORE DELETE ON gradewire.training_record
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
  CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON gradewire.training_record_history
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
`

const PROFILE_WITNESS: Readonly<Record<ProfileKind, string>> = { mapped: NOTE_MAPPED, own: NOTE_OWN }

/** `?` => `$1`, `$2` … */
const numbered = (text: string): string => {
  let number = 0
  return text.replaceAll("?", () => `$${++number}`)
}

class PostgreSqlSession implements HrSession {
  readonly client: Client

  constructor(client: Client) {
    this.client = client
  }

  async rows<Row extends object>(
    text: string,
    values: ReadonlyArray<string | null> = []
  ): Promise<ReadonlyArray<Row>> {
    const { rows } = await this.client.query<Row>(
      values.length === 0 ? text : { text: numbered(text), values: [...values] }
    )
    return rows
  }

  async end(): Promise<void> {
    await this.client.end()
  }
}

const setReadOnly = async (session: HrSession, isReadOnly: boolean): Promise<void> => {
  await session.rows("SET default_transaction_read_only = off")
  await session.rows(
    isReadOnly
      ? "ALTER SYSTEM SET default_transaction_read_only = on"
      : "ALTER SYSTEM RESET default_transaction_read_only"
  )
  await session.rows("SELECT pg_reload_conf()")
}

const lockProfile: HrDatabase["lockProfile"] = async (session, meanwhile) => {
  await session.rows("BEGIN")
  try {
    await session.rows("LOCK TABLE hr.training_record IN ACCESS EXCLUSIVE MODE")
    await meanwhile()
  } finally {
    await session.rows("ROLLBACK").catch(() => undefined)
  }
}

export const postgreSqlHr = (server: RunningServer): HrDatabase => ({
  server,
  framing: postgresqlFraming,
  connect: async () => {
    const client = new Client({ connectionString: hrUrl(server) })
    // from the beginning: the server may be killed while it answers
    client.on("error", () => undefined)
    await client.connect()
    return new PostgreSqlSession(client)
  },
  clear: async () => {
    const admin = await connectHr(server.url)
    try {
      await admin.query(`DROP DATABASE IF EXISTS ${HR_DATABASE} WITH (FORCE)`)
      await admin.query("DROP ROLE IF EXISTS gradewire")
    } finally {
      await admin.end()
    }
  },
  create: async (employees) => {
    const { account, client } = await createHr(server, employees)
    await client.query(RULES)
    await client.end()
    return account
  },
  audit: (profile) => [AUDIT, PROFILE_WITNESS[profile]],
  read: (session) => readHr((session as PostgreSqlSession).client),
  setReadOnly,
  endSessionsOfGradewire: async (session) => {
    await session.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gradewire'")
  },
  lockProfile,
  // whoever waits longer than its own limit is the victim
  patience: (isPatient) => [`SET LOCAL deadlock_timeout = '${isPatient ? "20s" : "50ms"}'`],
  notInCopy: ["postmaster.pid"]
})
