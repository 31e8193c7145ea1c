/** The parameters that are asked, each with the elements that it looks at, written down by hand. */
import type { Resource } from '../../src/fhir/resource.ts';

export type Named = Resource & { readonly id: string };

type Kind = 'token' | 'string' | 'date' | 'number' | 'quantity' | 'reference' | 'canonical' | 'uri' | 'composite';

export interface Element {
  readonly [name: string]: unknown;
}

export interface Parameter {
  readonly kind: Kind;
  /** What it finds, as it lies in the resource: texts, codes or data types. */
  readonly get: (resource: Named) => readonly unknown[];
  /** For references: where a chain may lead that is tried here. */
  readonly to?: readonly string[];
  /** Of an element of type `code`: the system of its value set. */
  readonly system?: string;
  /** What may be sorted by. */
  readonly isOrdered?: true;
  readonly parts?: readonly [Parameter, Parameter];
}

/** Every value along a path of names; lists are opened. */
export function at(resource: unknown, ...path: readonly string[]): unknown[] {
  let found: unknown[] = [resource];
  for (const name of path) found = found.flatMap((value) => (value as Element)[name] ?? []);
  return found;
}

const of = (kind: Kind, path: string, more: Partial<Parameter> = {}): Parameter => ({ kind, get: (resource) => at(resource, ...path.split('.')), ...more });

const isTo = (type: string) => (reference: unknown) => new RegExp(`(^|/)${type}/`).test(String((reference as Element).reference ?? ''));

const patientOnly = (path: string): Partial<Parameter> => ({
  get: (resource) => at(resource, ...path.split('.')).filter(isTo('Patient')),
  to: ['Patient'],
});

const ordered = { isOrdered: true } as const;

const COMMON: Readonly<Record<string, Parameter>> = {
  _id: of('token', 'id', ordered),
  _lastUpdated: of('date', 'meta.lastUpdated', ordered),
};

const names = (resource: Named): unknown[] => ['family', 'given', 'prefix', 'suffix', 'text'].flatMap((part) => at(resource, 'name', part));

const code = of('token', 'code');
const value = of('quantity', 'valueQuantity');

/** https://hl7.org/fhir/R4/searchparameter-registry.html */
export const PARAMETERS: Readonly<Record<string, Readonly<Record<string, Parameter>>>> = {
  Patient: {
    ...COMMON,
    active: of('token', 'active'),
    gender: of('token', 'gender', { system: 'http://hl7.org/fhir/administrative-gender', ...ordered }),
    birthdate: of('date', 'birthDate', ordered),
    identifier: of('token', 'identifier'),
    family: of('string', 'name.family', ordered),
    name: { kind: 'string', get: names },
    organization: of('reference', 'managingOrganization', { to: ['Organization'] }),
  },
  Organization: {
    ...COMMON,
    name: of('string', 'name', ordered),
    partof: of('reference', 'partOf', { to: ['Organization'] }),
    identifier: of('token', 'identifier'),
  },
  Observation: {
    ...COMMON,
    code,
    category: of('token', 'category'),
    status: of('token', 'status', { system: 'http://hl7.org/fhir/observation-status', ...ordered }),
    subject: of('reference', 'subject', { to: ['Patient', 'Group'] }),
    patient: of('reference', 'subject', patientOnly('subject')),
    date: { kind: 'date', get: (resource) => [...at(resource, 'effectiveDateTime'), ...at(resource, 'effectivePeriod')], ...ordered },
    'value-quantity': value,
    'value-concept': of('token', 'valueCodeableConcept'),
    'derived-from': of('reference', 'derivedFrom', { to: ['QuestionnaireResponse', 'Observation'] }),
    'code-value-quantity': { kind: 'composite', get: (resource) => [resource], parts: [code, value] },
    'component-code-value-quantity': { kind: 'composite', get: (resource) => at(resource, 'component'), parts: [code, value] },
  },
  RiskAssessment: {
    ...COMMON,
    probability: { kind: 'number', get: (resource) => at(resource, 'prediction', 'probabilityDecimal'), ...ordered },
    subject: of('reference', 'subject', { to: ['Patient', 'Group'] }),
    patient: of('reference', 'subject', patientOnly('subject')),
  },
  QuestionnaireResponse: {
    ...COMMON,
    status: of('token', 'status', { system: 'http://hl7.org/fhir/questionnaire-answers-status', ...ordered }),
    authored: of('date', 'authored', ordered),
    questionnaire: of('canonical', 'questionnaire', { to: ['Questionnaire'] }),
    subject: of('reference', 'subject', { to: ['Patient', 'Group'] }),
    patient: of('reference', 'subject', patientOnly('subject')),
  },
  Questionnaire: {
    ...COMMON,
    url: of('uri', 'url', ordered),
    version: of('token', 'version', ordered),
    title: of('string', 'title', ordered),
    status: of('token', 'status', { system: 'http://hl7.org/fhir/publication-status' }),
  },
};

export function parameterOf(type: string, code: string): Parameter {
  const found = PARAMETERS[type]?.[code];
  if (found === undefined) throw new Error(`${type}.${code}`);
  return found;
}
