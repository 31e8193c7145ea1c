/**
 * Loads item banks for adaptive tests from `banks/` in the folder of instruments: each checked against its JSON Schema
 * and against itself. All faults are told at once; with a single one nothing is loaded.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Questionnaire } from 'fhir/r4';
import type { InstrumentFault } from '../pro/check-instrument.ts';
import type { Bank } from '../questionnaire/adaptive/bank.ts';
import { InstrumentError } from './instruments.ts';

/** Ours, also for banks of others: they need not bring it along. */
const SCHEMA = fileURLToPath(new URL('../../questionnaires/schema/bank.schema.json', import.meta.url));

/** In the order of their names; none where there is no such folder. Throws InstrumentError. */
export function loadBanks(folder: string): Bank[] {
  const path = join(folder, 'banks');
  const files = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith('.json')) : [];
  if (files.length === 0) return [];
  const validate = compileSchema();
  const faults: InstrumentFault[] = [];
  const banks = files.toSorted().flatMap((name) => readBank(join(path, name), validate, faults));
  if (faults.length > 0) throw new InstrumentError(faults);
  return banks;
}

function compileSchema(): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false, code: { optimize: false } });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object);
}

function readBank(file: string, validate: ValidateFunction, faults: InstrumentFault[]): Bank[] {
  const before = faults.length;
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!validate(value)) faults.push(...(validate.errors ?? []).map(({ instancePath, message }) => ({ file, pointer: instancePath, text: `${message}.` })));
    else faults.push(...faultsIn(value as Bank, basename(file, '.json')).map((fault) => ({ file, ...fault }))); // the schema says what the type says
    return faults.length > before ? [] : [value as Bank];
  } catch (error) {
    faults.push({ file, pointer: '', text: error instanceof Error ? error.message : String(error) });
    return [];
  }
}

type Fault = Omit<InstrumentFault, 'file'>;

/** What no schema can say. */
function faultsIn(bank: Bank, fileName: string): Fault[] {
  const faults: Fault[] = [];
  const linkIds = bank.items.map(({ item }) => item.linkId);
  if (bank.name !== fileName) faults.push({ pointer: '/name', text: `is '${bank.name}', but the file is called ${fileName}.json.` });
  if (bank.stop.maxItems < bank.stop.minItems) faults.push({ pointer: '/stop/maxItems', text: 'is below minItems.' });
  if (bank.start !== undefined && !linkIds.includes(bank.start)) faults.push({ pointer: '/start', text: `names no question of the bank: '${bank.start}'.` });
  for (const [at, { item, thresholds }] of bank.items.entries()) {
    const place = `/items/${at}`;
    if (linkIds.indexOf(item.linkId) !== at) faults.push({ pointer: `${place}/item/linkId`, text: `'${item.linkId}' is used twice.` });
    if (thresholds.length !== (item.answerOption?.length ?? 0) - 1)
      faults.push({
        pointer: `${place}/thresholds`,
        text: `${thresholds.length} thresholds for ${item.answerOption?.length} options; there is one between each option and the next.`,
      });
    if (thresholds.some((threshold, index) => index > 0 && threshold <= (thresholds[index - 1] ?? 0)))
      faults.push({ pointer: `${place}/thresholds`, text: 'do not ascend.' });
  }
  return faults;
}

const ADAPTIVE = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-questionnaireAdaptive';

/**
 * The Questionnaire under which a bank is found and begun: without questions, they come one by one. Of a made-up bank it
 * is a draft, so that nobody is offered it by mistake. https://hl7.org/fhir/uv/sdc/adaptive.html
 */
export const adaptiveQuestionnaire = ({ name, questionnaire, version, title, description, licence, synthetic }: Bank): Questionnaire => ({
  resourceType: 'Questionnaire',
  id: name,
  extension: [{ url: ADAPTIVE, valueBoolean: true }],
  url: questionnaire,
  version,
  title,
  status: synthetic ? 'draft' : 'active',
  experimental: synthetic,
  description,
  copyright: licence,
});
