/**
 * Witnesses in the HR database: triggers of the test's own that note what happens to gradewire's tables and to the profile.
 *
 * What they noted commits and is restored together with what it tells of, so it holds over every fault of the database.
 */
import type { Client } from "pg"

const AUDIT = `
  CREATE SCHEMA audit;
  CREATE TABLE audit.ledger (n bigserial, connector text, result_id text, position text COLLATE "C", event_id text, state text);
  CREATE TABLE audit.progress (n bigserial, connector text, position text COLLATE "C", generation bigint, epoch bigint);
  CREATE TABLE audit.profile (n bigserial, ref text, score text, gone boolean);

  CREATE FUNCTION audit.note_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    INSERT INTO audit.ledger (connector, result_id, position, event_id, state)
    VALUES (NEW.connector, NEW.result_id, NEW.position, NEW.event_id, NEW.state);
    RETURN NULL;
  END $$;
  CREATE FUNCTION audit.note_progress() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    INSERT INTO audit.progress (connector, position, generation, epoch)
    VALUES (NEW.connector, NEW.position, NEW.generation, NEW.epoch);
    RETURN NULL;
  END $$;
  CREATE FUNCTION audit.note_profile() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    IF TG_OP = 'DELETE' THEN
      INSERT INTO audit.profile (ref, score, gone) VALUES (OLD.source_ref, NULL, true);
    ELSE
      INSERT INTO audit.profile (ref, score, gone)
      VALUES (NEW.source_ref, coalesce(NEW.exam_score::text, 'NULL'), false);
    END IF;
    RETURN NULL;
  END $$;

  -- a deleted row of the ledger would unlock older changes; nobody may
  CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'chaos: rows of % are never deleted', TG_TABLE_NAME; END $$;

  CREATE TRIGGER note_ledger AFTER INSERT OR UPDATE ON gradewire.result_ledger
    FOR EACH ROW EXECUTE FUNCTION audit.note_ledger();
  CREATE TRIGGER keep_ledger BEFORE DELETE ON gradewire.result_ledger
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
  CREATE TRIGGER note_progress AFTER INSERT OR UPDATE ON gradewire.apply_offset
    FOR EACH ROW EXECUTE FUNCTION audit.note_progress();
  CREATE TRIGGER keep_progress BEFORE DELETE ON gradewire.apply_offset
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
  CREATE TRIGGER note_profile AFTER INSERT OR UPDATE OR DELETE ON hr.training_record
    FOR EACH ROW EXECUTE FUNCTION audit.note_profile();
  -- the demo's own listener is not needed here
  DROP TRIGGER IF EXISTS tell_arrival ON hr.training_record;
`

/** gradewire's tables must be there. */
export const installAudit = async (hr: Client): Promise<void> => {
  await hr.query(AUDIT)
}

export interface LedgerNote {
  readonly resultId: string
  readonly position: string
  readonly eventId: string
}

export interface ProgressNote {
  readonly position: string
  readonly generation: number
  readonly epoch: number
}

export interface ProfileNote {
  readonly ref: string
  /** as the database prints it, "NULL" for none; null: the row is gone */
  readonly state: string | null
}

/** In the order in which they happened. */
export interface Audit {
  readonly ledger: ReadonlyArray<LedgerNote>
  readonly progress: ReadonlyArray<ProgressNote>
  readonly profile: ReadonlyArray<ProfileNote>
}

export const readAudit = async (hr: Client): Promise<Audit> => {
  const ledger = await hr.query<LedgerNote>(
    `SELECT result_id AS "resultId", position, event_id AS "eventId" FROM audit.ledger ORDER BY n`
  )
  const progress = await hr.query<ProgressNote>(
    `SELECT position, generation::int, epoch::int FROM audit.progress ORDER BY n`
  )
  const profile = await hr.query<{ ref: string; score: string | null }>(
    "SELECT ref, score FROM audit.profile ORDER BY n"
  )
  return {
    ledger: ledger.rows,
    progress: progress.rows,
    profile: profile.rows.map(({ ref, score }) => ({ ref, state: score }))
  }
}
