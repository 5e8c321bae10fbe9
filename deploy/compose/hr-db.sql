-- A small HR system: employees under their 工号. gradewire makes the schema of its own.
CREATE SCHEMA hr;
CREATE TABLE hr.employee (工号 text PRIMARY KEY, phone text UNIQUE);
INSERT INTO hr.employee VALUES ('A1001', '13800000001'), ('A1002', '13800000002');
CREATE ROLE gradewire LOGIN PASSWORD 'laptop';
GRANT CREATE ON DATABASE hr TO gradewire;
GRANT USAGE ON SCHEMA hr TO gradewire;
GRANT SELECT ON hr.employee TO gradewire;
