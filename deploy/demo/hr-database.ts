/**
 * The HR database: employees keyed by 工号, their training records, and gradewire's account.
 *
 * A trigger of the demo's own tells by NOTIFY which record changed; PostgreSQL delivers it once the change is committed
 * (manual, NOTIFY), which is when anybody could see it in the profile.
 */
import { randomBytes } from "node:crypto"
import { Client } from "pg"
import type { RunningServer } from "../servers/server.ts"
import type { ResultState } from "./ArrivalBook.ts"
import type { Employee } from "./people.ts"
import type { Account } from "./training-database.ts"

export const HR_DATABASE = "people"

const TABLES = `
  CREATE SCHEMA hr;
  CREATE TABLE hr.employee (
    工号        text PRIMARY KEY,
    姓名        text NOT NULL,
    phone       text,
    email       text,
    department  text NOT NULL
  );
  CREATE INDEX ON hr.employee (phone);
  CREATE INDEX ON hr.employee (email);
  CREATE TABLE hr.training_record (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    employee_no       text NOT NULL REFERENCES hr.employee,
    exam_title        text NOT NULL,
    exam_score        numeric(5,2),
    full_mark         numeric(5,2) NOT NULL,
    pass_mark         numeric(5,2) NOT NULL,
    finish_timestamp  timestamptz(3) NOT NULL,
    comment           text,
    source_ref        text NOT NULL UNIQUE
  );
  CREATE INDEX ON hr.training_record (employee_no, finish_timestamp DESC);

  CREATE SCHEMA demo;
  CREATE SEQUENCE demo.arrival;
  -- the number keeps NOTIFY from folding equal texts of one transaction, which would hide a doubled write
  CREATE FUNCTION demo.tell_arrival() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog AS $$
  BEGIN
    IF TG_OP = 'DELETE' THEN
      PERFORM pg_notify('demo_arrival', concat_ws(E'\\t', nextval('demo.arrival'), OLD.source_ref, '-'));
    ELSE
      IF TG_OP = 'UPDATE' AND OLD.source_ref IS DISTINCT FROM NEW.source_ref THEN
        PERFORM pg_notify('demo_arrival', concat_ws(E'\\t', nextval('demo.arrival'), OLD.source_ref, '-'));
      END IF;
      PERFORM pg_notify('demo_arrival', concat_ws(E'\\t', nextval('demo.arrival'), NEW.source_ref,
        coalesce(NEW.exam_score::text, 'NULL'), NEW.employee_no));
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER tell_arrival AFTER INSERT OR UPDATE OR DELETE ON hr.training_record
    FOR EACH ROW EXECUTE FUNCTION demo.tell_arrival();
`

/** Superuser's URL of the HR database. */
export const hrUrl = (server: RunningServer): string => {
  const url = new URL(server.url)
  url.pathname = `/${HR_DATABASE}`
  return url.href
}

export const connectHr = async (url: string): Promise<Client> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  return client
}

/** Creates database, tables, people and gradewire's account; resolves with that and a connection. */
export const createHr = async (
  server: RunningServer,
  employees: ReadonlyArray<Employee>
): Promise<{ readonly account: Account; readonly client: Client }> => {
  const account = { user: "gradewire", password: randomBytes(18).toString("base64url") }
  const admin = await connectHr(server.url)
  await admin.query(`CREATE DATABASE ${HR_DATABASE}`)
  await admin.query(`CREATE ROLE gradewire LOGIN PASSWORD '${account.password}'`)
  await admin.query(`GRANT CONNECT, CREATE ON DATABASE ${HR_DATABASE} TO gradewire`)
  await admin.end()
  const client = await connectHr(hrUrl(server))
  await client.query(TABLES)
  await addEmployees(client, employees)
  await client.query(`
    GRANT USAGE ON SCHEMA hr TO gradewire;
    GRANT SELECT ON hr.employee TO gradewire;
    GRANT SELECT, INSERT, UPDATE, DELETE ON hr.training_record TO gradewire;
    ANALYZE;
  `)
  return { account, client }
}

export const addEmployees = async (client: Client, employees: ReadonlyArray<Employee>): Promise<void> => {
  await client.query(
    `INSERT INTO hr.employee (工号, 姓名, phone, email, department)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])`,
    [
      employees.map(({ no }) => no),
      employees.map(({ name }) => name),
      employees.map(({ phone }) => phone),
      employees.map(({ email }) => email),
      employees.map(({ department }) => department)
    ]
  )
}

export interface Arrival {
  readonly ref: string
  readonly state: ResultState
  readonly employeeNo: string | undefined
  /** `performance.now()` when it was heard */
  readonly at: number
}

/** Calls `arrived` for every record that became visible, changed or gone; `lost` when the connection ends by itself. */
export const watchProfile = async (
  url: string,
  arrived: (arrival: Arrival) => void,
  lost: (error: Error) => void
): Promise<{ readonly close: () => Promise<void> }> => {
  const client = await connectHr(url)
  let closing = false
  client.on("error", (error) => (closing ? undefined : lost(error)))
  client.on("end", () => (closing ? undefined : lost(new Error("the connection that listens ended"))))
  client.on("notification", ({ payload = "" }) => {
    const at = performance.now()
    const [, ref = "", state = "", employeeNo] = payload.split("\t")
    arrived({ ref, state: state === "-" ? null : state, employeeNo, at })
  })
  await client.query("LISTEN demo_arrival")
  return {
    close: async () => {
      closing = true
      await client.end()
    }
  }
}
