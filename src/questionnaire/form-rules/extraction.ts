/**
 * What an extraction will evaluate, looked at when the form is written: a fault in one expression refuses a whole extraction, and then
 * the answers are given already. The form itself can be answered, so only what cannot be read is refused.
 * https://hl7.org/fhir/uv/sdc/extraction.html
 */
import type { Extension } from 'fhir/r4';
import { compileValuePath } from '../../fhir/fhirpath.ts';
import { unknownFunctions } from '../../fhir/fhirpath-functions.ts';
import { FhirError, type Issue } from '../../fhir/outcome.ts';
import { analyse } from '../analysis.ts';
import { type Extended, type ExtensionName, expressionIn, extensionFlag, extensionsOf, extensionTexts, partOf, placedExtensions } from '../extension.ts';
import type { Plan, PlanItem } from '../plan.ts';
import { asRecord } from '../value.ts';
import { BUILT_IN } from '../variables.ts';
import { doubtful, type FormItemRule, type FormRule, wrong } from './form-rule.ts';

/** As many as the form may have of its own. */
const MOST_EXPRESSIONS = 3000;

export const extractable: FormRule = (plan) => {
  const written = [...writtenIn(plan)];
  if (written.length > MOST_EXPRESSIONS) {
    const text = `The questionnaire has ${written.length} expressions for extraction; at most ${MOST_EXPRESSIONS} are taken.`;
    return [{ severity: 'error', code: 'too-costly', text, expression: ['Questionnaire'] }];
  }
  const allocated = new Set([plan.questionnaire, ...definitionsIn(plan)].flatMap((holder) => extensionTexts(holder, 'extractAllocateId')));
  return written.flatMap((one) => faultsOf(one, plan, allocated));
};

const definitionsIn = ({ byLinkId }: Plan): Extended[] => [...byLinkId.values()].map(({ definition }) => definition);

interface Written {
  readonly language: string;
  readonly text: string;
  readonly place: string;
  /** Names that templates around it give to what they go through. */
  readonly names: ReadonlySet<string>;
}

function faultsOf({ language, text, place, names }: Written, { byLinkId }: Plan, allocated: ReadonlySet<string>): readonly Issue[] {
  if (language !== 'text/fhirpath') return [refusedLater(`An extraction is written in text/fhirpath here; this is in ${language || 'no language'}.`, place)];
  try {
    compileValuePath(text);
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    return [wrong(error.message, place)];
  }
  const { uses, linkIds } = analyse(text);
  const unknown = [...uses].filter((name) => !BUILT_IN.has(name) && !/^(vs|ext)-/.test(name) && !names.has(name) && !allocated.has(name));
  const absent = uses.has('questionnaire') ? [] : [...linkIds].filter((linkId) => !byLinkId.has(linkId));
  return [
    ...unknown.map((name) => refusedLater(`%${name} is not known to an extraction, which sees neither variables nor launch contexts.`, place)),
    ...unknownFunctions(text).map((name) => refusedLater(`FHIRPath has no function ${name}().`, place)),
    ...absent.map((linkId) => doubtful(`The expression asks for the item '${linkId}', which this questionnaire does not have.`, place)),
  ];
}

const refusedLater = (text: string, place: string): Issue => doubtful(`${text} As it stands, extractions will be refused.`, place);

const NO_NAMES: ReadonlySet<string> = new Set();
const ENTRY_PARTS = ['fullUrl', 'resourceId', 'ifNoneMatch', 'ifModifiedSince', 'ifMatch', 'ifNoneExist'] as const;
const ENTRIES: readonly ExtensionName[] = ['definitionExtract', 'templateExtract', 'observationExtractEntry'];

function* writtenIn({ questionnaire, byLinkId }: Plan): Generator<Written> {
  yield* writtenAt(questionnaire, 'Questionnaire');
  for (const { definition, place } of byLinkId.values()) yield* writtenAt(definition, place);
  for (const [index, resource] of (questionnaire.contained ?? []).entries()) yield* inTemplate(resource, `Questionnaire.contained[${index}]`);
}

function* writtenAt(holder: Extended, place: string): Generator<Written> {
  for (const { extension, index } of placedExtensions(holder, 'definitionExtractValue')) {
    const expression = partOf(extension, 'expression');
    if (expression !== undefined) yield* written(expression, `${place}.extension[${index}]`, NO_NAMES);
  }
  for (const name of ENTRIES) {
    for (const { extension, index } of placedExtensions(holder, name)) {
      for (const part of ENTRY_PARTS.flatMap((url) => partOf(extension, url) ?? [])) yield* written(part, `${place}.extension[${index}]`, NO_NAMES);
    }
  }
}

function* written(extension: Extension, place: string, names: ReadonlySet<string>): Generator<Written> {
  const { language = 'text/fhirpath', expression } = expressionIn(extension) ?? {};
  if (typeof expression === 'string') yield { language, text: expression, place, names };
}

interface Inside {
  readonly value: unknown;
  readonly place: string;
  readonly names: ReadonlySet<string>;
}

/** Without recursion: a template may be nested as deep as a resource may. */
function* inTemplate(resource: unknown, at: string): Generator<Written> {
  const waiting: Inside[] = [{ value: resource, place: at, names: NO_NAMES }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    const holder = asRecord(next.value) as Extended; // looked at as one, whatever it is
    const named = extensionsOf(holder, 'templateExtractContext').flatMap((extension) => expressionIn(extension)?.name ?? []);
    const inside = { ...next, names: named.length === 0 ? next.names : new Set([...next.names, ...named]) };
    yield* writtenAs('templateExtractContext', holder, next);
    yield* writtenAs('templateExtractValue', holder, inside);
    waiting.push(...partsBelow(next.value, inside));
  }
}

function* writtenAs(name: ExtensionName, holder: Extended, { place, names }: Inside): Generator<Written> {
  for (const { extension, index } of placedExtensions(holder, name)) yield* written(extension, `${place}.extension[${index}]`, names);
}

function partsBelow(value: object, { place, names }: Inside): Inside[] {
  const parts = Object.entries(value).filter(([key]) => key !== 'extension');
  return parts.map(([key, inner]) => ({ value: inner, names, place: Array.isArray(value) ? `${place}[${key}]` : `${place}.${key.replace(/^_/, '')}` }));
}

export const codedObservations: FormItemRule = (item) => {
  const marks = extensionsOf(item.definition, 'observationExtract');
  const isMarked = extensionFlag(item.definition, 'observationExtract') || marks.some(({ valueCode }) => valueCode !== undefined);
  if (!isMarked || hasCode(item)) return [];
  return [doubtful(`'${item.linkId}' is to become an Observation, but neither it nor an item below it has a code; nothing will be extracted.`, item.place)];
};

function hasCode(item: PlanItem): boolean {
  const { code = [] } = item.definition;
  return code.length > 0 || item.children.some(hasCode);
}
