/**
 * The sample database of the demo: four tables that the published examples of the query family speak of. The rows are
 * made by rule, so that every demo has the same ones.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';

const employeeCount = 10_000;

const schema = `
  CREATE TABLE departments (
    department_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    location TEXT NOT NULL,
    created_by TEXT NOT NULL, creation_date TEXT NOT NULL, last_updated_by TEXT NOT NULL, last_update_date TEXT NOT NULL
  ) STRICT;
  CREATE TABLE employees (
    emp_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    gender TEXT CHECK (gender IN ('F', 'M', 'X')),
    salary REAL,
    active TEXT NOT NULL DEFAULT 'Y' CHECK (active IN ('Y', 'N')),
    department_id INTEGER REFERENCES departments,
    created_by TEXT NOT NULL, creation_date TEXT NOT NULL, last_updated_by TEXT NOT NULL, last_update_date TEXT NOT NULL
  ) STRICT;
  CREATE INDEX employees_name ON employees (name);
  CREATE INDEX employees_department ON employees (department_id);
  CREATE TABLE projects (
    project_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    department_id INTEGER NOT NULL REFERENCES departments,
    budget REAL NOT NULL,
    created_by TEXT NOT NULL, creation_date TEXT NOT NULL, last_updated_by TEXT NOT NULL, last_update_date TEXT NOT NULL
  ) STRICT;
  CREATE TABLE salaries (
    salary_id INTEGER PRIMARY KEY AUTOINCREMENT,
    emp_id INTEGER NOT NULL REFERENCES employees ON DELETE CASCADE,
    amount REAL NOT NULL,
    valid_from TEXT NOT NULL,
    created_by TEXT NOT NULL, creation_date TEXT NOT NULL, last_updated_by TEXT NOT NULL, last_update_date TEXT NOT NULL
  ) STRICT;
`;

const departments = [
  ['Engineering', 'Berlin'],
  ['Research', 'Nairobi'],
  ['Operations', 'Lisbon'],
  ['Finance', 'Toronto'],
  ['Sales', 'Osaka'],
  ['Support', 'Bogotá'],
  ['People', 'Leeds'],
  ['Legal', 'Utrecht'],
] as const;
const firstNames = ['Ada', 'Bilal', 'Chen', 'Dorothy', 'Edsger', 'Fatima', 'Grace', 'Hedy', 'Ivan', 'Jun', 'Katherine'];
const lastNames = [
  'Abara',
  'Berg',
  'Costa',
  'Diaz',
  'Endo',
  'Fischer',
  'Gupta',
  'Haddad',
  'Ito',
  'Jansen',
  'Kaya',
  'Lind',
  'Mori',
];
const projects = [
  'Atlas',
  'Beacon',
  'Compass',
  'Delta',
  'Ember',
  'Foundry',
  'Granite',
  'Harbour',
  'Iris',
  'Juniper',
  'Keel',
  'Lantern',
];
const genders = ['F', 'M', 'X'];
const who = ['demo', '2026-01-05T08:00:00.000000Z', 'demo', '2026-01-05T08:00:00.000000Z'];
/** The employees the published example of a post changes and removes, last changed when it says they were. */
const publishedIds: readonly number[] = [123, 999];
const publishedWho = ['demo', '2020-01-05T08:00:00.000000Z', 'demo', '2020-11-30T23:59:59.999000Z'];

/** Writes the database to `path`; one that is there already is left as it is. */
export function createSampleDatabase(path: string): void {
  if (existsSync(path)) return;
  const database = new DatabaseSync(path);
  try {
    database.exec(schema);
    database.exec('BEGIN');
    const department = database.prepare('INSERT INTO departments VALUES (NULL, ?, ?, ?, ?, ?, ?)');
    for (const [name, location] of departments) department.run(name, location, ...who);
    const project = database.prepare('INSERT INTO projects VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)');
    for (const [index, name] of projects.entries()) {
      project.run(name, (index % departments.length) + 1, 25_000 + index * 7_500, ...who);
    }
    const employee = database.prepare('INSERT INTO employees VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    const salary = database.prepare('INSERT INTO salaries VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)');
    for (let index = 0; index < employeeCount; index += 1) {
      // The one row the published query asks for; the rest spread evenly over names, departments and pay.
      const isSteve = index === 41;
      const name = isSteve
        ? 'Steve'
        : `${firstNames[index % firstNames.length]} ${lastNames[Math.floor(index / firstNames.length) % lastNames.length]}`;
      const pay = isSteve ? 12_345 : 30_000 + ((index * 7_919) % 70_000);
      const active = index % 17 === 0 ? 'N' : 'Y';
      employee.run(
        name,
        genders[index % genders.length] ?? null,
        pay,
        active,
        (index % departments.length) + 1,
        ...(publishedIds.includes(index + 1) ? publishedWho : who),
      );
      salary.run(index + 1, pay, '2026-01-01', ...who);
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}
