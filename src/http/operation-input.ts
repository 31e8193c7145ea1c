/** What an operation is given: by GET in the query, by POST as Parameters, or both. */
import type { CodeableConcept, Coding } from 'fhir/r4';
import { FhirError } from '../fhir/outcome.ts';
import { printed } from '../fhir/printed.ts';
import type { Resource } from '../fhir/resource.ts';
import type { FhirRequest } from './message.ts';
import { preferOf } from './negotiate.ts';
import { parametersBody, parametersOf } from './parameters.ts';
import { refuseUnknown } from './query.ts';

interface Given {
  readonly name: string;
  readonly value: unknown;
  readonly resource: Resource | undefined;
  /** The parts of a parameter that has some. */
  readonly part: readonly Given[];
}

export interface Input {
  /** As they came, in the order given: texts from the query, JSON from the body. */
  values(name: string): readonly unknown[];
  /** In the order given. */
  texts(name: string): readonly string[];
  /** Throws `bad-parameter` where it stands more than once. */
  text(name: string): string | undefined;
  flag(name: string): boolean | undefined;
  /** A whole number, 0 or more. */
  whole(name: string): number | undefined;
  coding(name: string): Coding | undefined;
  concept(name: string): CodeableConcept | undefined;
  resource(name: string): Resource | undefined;
  resources(name: string): readonly Resource[];
  /** The parts of each parameter of that name. */
  parts(name: string): readonly Input[];
  has(name: string): boolean;
}

/** `known`: every name that means something; another one is refused. */
export function inputOf(request: FhirRequest, known: readonly string[]): Input {
  refuseUnknown(request, known);
  const body = parametersBody(request);
  const given = [
    ...[...request.query].map(([name, value]): Given => ({ name, value, resource: undefined, part: [] })),
    ...(body === undefined ? [] : givenIn(body)),
  ];
  const isLenient = preferOf(request).handling === 'lenient';
  for (const { name } of isLenient ? [] : given)
    if (!known.includes(name) && !name.startsWith('_'))
      throw new FhirError('unknown-parameter', `The parameter ${JSON.stringify(name.slice(0, 100))} means nothing here; allowed: ${known.join(', ')}.`);
  return input(given);
}

function givenIn(body: Resource): readonly Given[] {
  const parts = (body.parameter ?? []) as readonly unknown[]; // parametersOf throws where it is no list
  return parametersOf(body).map((parameter, at) => ({ ...parameter, part: partsOf(parts[at]) }));
}

function partsOf(parameter: unknown): readonly Given[] {
  const part = typeof parameter === 'object' && parameter !== null && 'part' in parameter ? parameter.part : undefined;
  return part === undefined ? [] : givenIn({ resourceType: 'Parameters', parameter: part });
}

function input(given: readonly Given[]): Input {
  const of = (name: string): readonly Given[] => given.filter((row) => row.name === name);
  const one = (name: string): Given | undefined => {
    const rows = of(name);
    if (rows.length > 1) throw new FhirError('bad-parameter', `${name} stands ${rows.length} times; once is right.`);
    return rows[0];
  };
  const values = (name: string): readonly unknown[] => of(name).flatMap(({ value }) => (value === undefined ? [] : [value]));
  const text = (name: string): string | undefined => {
    const value = one(name)?.value;
    return value === undefined || value === '' ? undefined : printed(value);
  };
  return {
    values,
    texts: (name) => values(name).map(printed),
    text,
    flag: (name) => flagOf(name, text(name)),
    whole: (name) => wholeOf(name, text(name)),
    coding: (name) => codingOf(name, one(name)?.value),
    concept: (name) => conceptOf(name, one(name)?.value),
    resource: (name) => one(name)?.resource,
    resources: (name) => of(name).flatMap(({ resource }) => resource ?? []),
    parts: (name) => of(name).map(({ part }) => input(part)),
    has: (name) => of(name).length > 0,
  };
}

function flagOf(name: string, text: string | undefined): boolean | undefined {
  if (text !== undefined && text !== 'true' && text !== 'false')
    throw new FhirError('bad-parameter', `${name}=${JSON.stringify(text.slice(0, 100))} is neither true nor false.`);
  return text === undefined ? undefined : text === 'true';
}

function wholeOf(name: string, text: string | undefined): number | undefined {
  if (text !== undefined && !/^\d{1,9}$/.test(text))
    throw new FhirError('bad-parameter', `${name}=${JSON.stringify(text.slice(0, 100))} is not a whole number from 0 to 999999999.`);
  return text === undefined ? undefined : Number(text);
}

const CODING_PARTS = ['system', 'version', 'code', 'display'] as const;

function codingOf(name: string, value: unknown): Coding | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null) throw new FhirError('bad-parameter', `${name} is a Coding: send it by POST as valueCoding in Parameters.`);
  const wrong = CODING_PARTS.find((part) => part in value && typeof (value as Record<string, unknown>)[part] !== 'string');
  if (wrong !== undefined) throw new FhirError('bad-parameter', `${name}.${wrong} is a text.`, { expression: `${name}.${wrong}` });
  return value as Coding; // an object whose four parts that are read are texts or absent
}

function conceptOf(name: string, value: unknown): CodeableConcept | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null)
    throw new FhirError('bad-parameter', `${name} is a CodeableConcept: send it by POST as valueCodeableConcept in Parameters.`);
  const codings: unknown = 'coding' in value ? value.coding : [];
  if (!Array.isArray(codings)) throw new FhirError('bad-parameter', `${name}.coding is a list.`, { expression: `${name}.coding` });
  for (const [at, coding] of codings.entries()) codingOf(`${name}.coding[${at}]`, coding ?? '');
  return value as CodeableConcept; // its codings have just been looked at; its text is only handed back
}
