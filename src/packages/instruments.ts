/**
 * Loads instruments from their folders: each file checked against its JSON Schema, then the files against one
 * another. All faults are told at once, each with file and place; with a single one nothing is loaded.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Questionnaire } from 'fhir/r4';
import { FhirError } from '../fhir/outcome.ts';
import { checkInstrument, checkPolicy, type InstrumentFault, languagesOf } from '../pro/check-instrument.ts';
import type { Alerts, Instrument, Policy, Scoring } from '../pro/instrument.ts';
import { compilePlan } from '../questionnaire/compile.ts';
import type { Plan } from '../questionnaire/plan.ts';

/** Thrown where an instrument or the policy is at fault: one line a fault, `file#/pointer: what is wrong`. */
export class InstrumentError extends Error {
  override readonly name = 'InstrumentError';
  readonly faults: readonly InstrumentFault[];

  constructor(faults: readonly InstrumentFault[]) {
    super(faults.map(({ file, pointer, text }) => `${file}#${pointer}: ${text}`).join('\n'));
    this.faults = faults;
  }
}

/** Every folder that holds a questionnaire.json, in the order of their names. Throws InstrumentError. */
export function loadInstruments(folder: string): Instrument[] {
  const schemas = schemasIn(join(folder, 'schema'));
  const faults: InstrumentFault[] = [];
  const instruments = foldersIn(folder).flatMap((path) => {
    const loaded = loadFolder(path, schemas, faults);
    return loaded === undefined ? [] : [loaded];
  });
  if (faults.length > 0) throw new InstrumentError(faults);
  return instruments;
}

/** The policy, by which the tiers of all these instruments are handled: it speaks every language that they do. Throws InstrumentError. */
export function loadPolicy(file: string, instruments: readonly Instrument[]): Policy {
  const faults: InstrumentFault[] = [];
  const policy = readChecked<Policy>(file, schemasIn(join(dirname(file), 'schema')).policy, faults);
  if (policy === undefined) throw new InstrumentError(faults);
  const languages = new Set(instruments.flatMap(({ questionnaire }) => languagesOf(compilePlan(questionnaire))));
  const unfit = checkPolicy(policy, [...languages]).map((fault) => ({ ...fault, file }));
  if (unfit.length > 0) throw new InstrumentError(unfit);
  return policy;
}

type SchemaName = 'scoring' | 'alerts' | 'policy';
type Schemas = Readonly<Record<SchemaName, ValidateFunction>>;

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

const compiled = new Map<string, Schemas>();

/** Once a folder: compiling takes longer than all the rest of loading. */
function schemasIn(folder: string): Schemas {
  const schemas = compiled.get(folder) ?? compileSchemas(folder);
  compiled.set(folder, schemas);
  return schemas;
}

function compileSchemas(folder: string): Schemas {
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false, code: { optimize: false } });
  addFormats.default(ajv);
  ajv.addSchema(readJson(join(folder, 'common.schema.json')) as object, 'common.schema.json'); // our own file
  const compile = (name: SchemaName): ValidateFunction =>
    ajv.compile({ $id: `${name}.schema.json`, ...(readJson(join(folder, `${name}.schema.json`)) as object) });
  return { scoring: compile('scoring'), alerts: compile('alerts'), policy: compile('policy') };
}

function foldersIn(folder: string): string[] {
  const names = readdirSync(folder).toSorted();
  return names.map((name) => join(folder, name)).filter((path) => existsSync(join(path, 'questionnaire.json')));
}

function loadFolder(path: string, schemas: Schemas, faults: InstrumentFault[]): Instrument | undefined {
  const before = faults.length;
  const plan = loadPlan(join(path, 'questionnaire.json'), faults);
  const scoring = readOptional<Scoring>(join(path, 'scoring.json'), schemas.scoring, faults);
  const alerts = readOptional<Alerts>(join(path, 'alerts.json'), schemas.alerts, faults);
  if (plan === undefined || faults.length > before) return undefined;
  const { questionnaire } = plan;
  const instrument: Instrument = { name: basename(path), questionnaire, ...(scoring && { scoring }), ...(alerts && { alerts }) };
  faults.push(...checkInstrument(instrument, plan).map((fault) => ({ ...fault, file: join(path, fault.file) })));
  return instrument;
}

function loadPlan(file: string, faults: InstrumentFault[]): Plan | undefined {
  try {
    return compilePlan(readJson(file) as Questionnaire); // checked as any resource is when it is stored
  } catch (error) {
    const place = error instanceof FhirError ? (error.issues[0]?.expression?.[0] ?? '') : '';
    faults.push({ file, pointer: place, text: messageOf(error) });
    return undefined;
  }
}

function readOptional<T>(file: string, validate: ValidateFunction, faults: InstrumentFault[]): T | undefined {
  return existsSync(file) ? readChecked<T>(file, validate, faults) : undefined;
}

function readChecked<T>(file: string, validate: ValidateFunction, faults: InstrumentFault[]): T | undefined {
  try {
    const value = readJson(file);
    if (validate(value)) return value as T; // the schema says what the type says
    faults.push(...(validate.errors ?? []).map((error) => ({ file, pointer: error.instancePath, text: wordsOf(error) })));
  } catch (error) {
    faults.push({ file, pointer: '', text: messageOf(error) });
  }
  return undefined;
}

function wordsOf({ message = 'is not right', params }: ErrorObject): string {
  const { additionalProperty, allowedValues } = params as { additionalProperty?: string; allowedValues?: unknown[] }; // ajv's words for two keywords
  if (additionalProperty !== undefined) return `'${additionalProperty}' is not allowed here.`;
  return `${message}${allowedValues === undefined ? '' : `: ${allowedValues.join(', ')}`}.`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
