-- Every statement here can be repeated: DDL of MySQL and MariaDB commits by itself, so a crash leaves the first part.
CREATE TABLE IF NOT EXISTS `gradewire`.`employee_spelling` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'employeeNo, phone or email.',
  `source` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'Column of the employee table.',
  `value` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'Canonical form of the key.',
  `employee_key` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'The employee, as the employee table names them.',
  `raw` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'As HR spells it; the entry counts while HR does.',
  PRIMARY KEY(`connector`,`kind`,`source`,`value`,`employee_key`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='Keys of employees that HR spells in unusual ways, by their canonical form.';
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `gradewire`.`employee_reading` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `rules` text NOT NULL COMMENT 'What the reading depended on: table, columns, rules.',
  `completed_at` datetime(6) NOT NULL COMMENT 'When the whole employee table was last read, UTC.',
  `employees` bigint NOT NULL COMMENT 'Rows it had.',
  `spellings` bigint NOT NULL COMMENT 'Keys among them that are spelled in unusual ways.',
  PRIMARY KEY(`connector`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='When the whole employee table was last read.';
