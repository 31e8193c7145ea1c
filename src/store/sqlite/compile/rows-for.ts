/** The index rows that answer one atom, and with it the patient and the dates where their facts allow. */
import type { Atom, Exists, Test } from '../../../search/ast.ts';
import { all, FALSE, raw, type Sql, sql, TRUE } from '../sql.ts';
import { type Context, paramIs, rowCondition } from './context.ts';
import { carriesDate, carriesPatient, type Folds, noFolds } from './fold.ts';
import { RANK, rankOf } from './rank.ts';
import type { Select } from './select-parts.ts';

/** Finds the patients, where the fold is a search for them. */
interface Patients {
  readonly found: Sql;
  readonly leads: readonly Sql[];
}

interface Besides {
  readonly folds: Folds;
  readonly patients: Patients | undefined;
}

export function rowsFor(context: Context, atom: Atom, { folds, patients }: Besides): Select {
  const { param, test } = atom;
  const alias = context.alias('e');
  const patient = carriesPatient(test) ? folds.patient : undefined;
  const dates = carriesDate(test) ? folds.dates : [];
  const source = patient ? patientRows(context, { alias, patient, patients }) : { from: sql`entry ${raw(alias)} INDEXED BY entry_value`, where: TRUE };
  const ofParam = all([source.where, paramIs(context, param, alias)]);
  const passes = test.is === 'missing' ? TRUE : rowCondition(context, test, alias);
  const own = all([ofParam, passes, onceOnly(test, alias)]);
  const isShort = patient !== undefined || namesPatient(test) || rankOf(atom, noFolds(context.facts)) <= RANK.patient;
  return {
    from: source.from,
    where: all([own, ...dates.map((date) => rowCondition(context, date.test, alias))]),
    seq: raw(`${alias}.seq`),
    repeats: isRepeated(test),
    answers: patient ? [patient, ...dates] : dates,
    ...(carriesDate(test) ? { row: alias } : {}),
    ordered: carriesDate(test) && !isRepeated(test) && patient?.op !== 'exists',
    dated: dates.length > 0,
    leads: [
      ...(patient && patients ? patients.leads : []),
      ...(isShort ? [] : [sql`SELECT 1 FROM ${source.from} WHERE ${all([ofParam, readFor(context, test, alias)])}`]),
    ],
  };
}

/** What an index leads to: all of it is read, whether or not it passes the rest of the test. */
function readFor(context: Context, test: Test, alias: string): Sql {
  const sought = soughtBy(test);
  return sought === undefined ? TRUE : rowCondition(context, sought, alias);
}

const FROM_ABOVE: ReadonlySet<string> = new Set(['lt', 'le', 'ne']);

/** The test, or the part of it that an index answers; undefined where each value of the parameter has to be looked at. */
function soughtBy(test: Test): Test | undefined {
  switch (test.is) {
    case 'string':
      return test.how === 'contains' || test.how === 'end' ? undefined : test;
    case 'token':
      return test.code === undefined ? undefined : test;
    case 'date':
    case 'number':
      return FROM_ABOVE.has(test.prefix) ? undefined : test;
    case 'quantity':
      return FROM_ABOVE.has(test.prefix) ? undefined : withoutUnit(test);
    case 'composite':
      return test.parts[0]?.is === 'token' ? soughtBy(test.parts[0]) : undefined;
    case 'missing':
    case 'differs':
      return undefined;
    default:
      return test;
  }
}

function withoutUnit(test: Extract<Test, { is: 'quantity' }>): Test {
  if (test.canonical !== undefined) return test;
  const { system: _system, code: _code, ...bare } = test;
  return bare;
}

interface OfPatient {
  readonly alias: string;
  readonly patient: Atom | Exists;
  readonly patients: Patients | undefined;
}

/** The rows of one patient, or of each patient found. That the number is above 0 lets SQLite use the index, which is partial. */
function patientRows(context: Context, { alias, patient, patients }: OfPatient): { readonly from: Sql; readonly where: Sql } {
  const row = raw(alias);
  const rows = sql`entry ${row} INDEXED BY entry_patient`;
  if (patient.op === 'atom') return { from: rows, where: ofPatient(context, patient.test, row) };
  const [found, version, name] = [context.alias('s'), context.alias('v'), context.alias('p')].map(raw) as [Sql, Sql, Sql];
  return {
    from: sql`(${patients?.found ?? raw('')}) ${found} CROSS JOIN log ${version} CROSS JOIN name ${name} CROSS JOIN ${rows}`,
    where: sql`${version}.seq = ${found}.seq AND ${name}.kind = 'patient' AND ${name}.text = substr(${version}.ref, 9) AND ${row}.patient = ${name}.no AND ${row}.patient > 0`,
  };
}

function ofPatient(context: Context, test: Test, row: Sql): Sql {
  const no = test.is === 'reference' ? context.number('patient', test.id) : undefined;
  return no === undefined ? FALSE : sql`${row}.patient = ${no} AND ${row}.patient > 0`;
}

/** However it points at one patient, no more than that patient's resources do. */
const namesPatient = (test: Test): boolean => test.is === 'reference' && test.type === 'Patient';

/** Of several rows with the same value the first stands for all. */
function onceOnly(test: Test, alias: string): Sql {
  const once = raw(`${alias}.n = 0`);
  if (test.is === 'token') return test.system === undefined ? once : TRUE;
  if (test.is === 'reference') return test.type !== undefined && test.version === undefined ? once : TRUE;
  return test.is === 'url' && test.version === undefined && !test.below ? once : TRUE;
}

/** Whether two rows of one resource can answer the test. */
function isRepeated(test: Test): boolean {
  switch (test.is) {
    case 'token':
      return test.code === undefined;
    case 'reference':
      return test.type === undefined;
    case 'string':
    case 'uri':
      return test.how !== 'exact';
    case 'url':
      return test.below === true;
    default:
      return true;
  }
}
