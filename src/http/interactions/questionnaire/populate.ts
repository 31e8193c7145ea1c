/** https://hl7.org/fhir/uv/sdc/OperationDefinition-Questionnaire-populate.html; its parameters as of SDC 3.0.0 and 4.0.0 */
import type { Bundle, Observation, Reference } from 'fhir/r4';
import { FhirError, type Issue, operationOutcome } from '../../../fhir/outcome.ts';
import { localRef } from '../../../fhir/reference.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Plan } from '../../../questionnaire/plan.ts';
import { type Populated, populate } from '../../../questionnaire/populate/populate.ts';
import { asRecord } from '../../../questionnaire/value.ts';
import { type Outside, withSearches } from '../../../record/outside.ts';
import type { Call } from '../../call.ts';
import type { FhirResponse } from '../../message.ts';
import { parametersAnswer } from './answers.ts';
import { planAsked } from './find.ts';
import { type Given, givenIn, referenceIn, the } from './input.ts';
import { runSourceQueries } from './source-queries.ts';

const KNOWN = [
  'identifier',
  'questionnaire',
  'canonical',
  'questionnaireRef',
  'subject',
  'context',
  'launchContext',
  'content',
  'local',
  'data',
  'dataEndpoint',
] as const;

export async function populateResponse(call: Call): Promise<FhirResponse> {
  const given = givenIn(call.request, KNOWN);
  if (the(given, 'dataEndpoint') !== undefined)
    throw new FhirError(
      'unknown-parameter',
      'Data is not fetched from a dataEndpoint; give what is needed as context or data, or let the record of this server be used.',
    );
  const plan = await planAsked(call, given);
  const issues: Issue[] = [];
  const asked: Asked = {
    subject: referenceIn(the(given, 'subject')),
    contexts: await contextsIn(given, plan, { call, issues }),
    data: resourcesIn(the(given, 'data')?.resource),
    local: String(the(given, 'local')?.value ?? 'true') !== 'false',
    user: call.permit.actor.reference,
  };
  const outside = { reader: call.reader, ...call.services.forms.around() };
  const populated = await fillIn(plan, asked, outside);
  const all = [...issues, ...populated.issues];
  return parametersAnswer({ response: populated.response, ...(all.length > 0 && { issues: operationOutcome(all) }) });
}

/** What an answer is begun with. */
export interface Asked {
  readonly subject: Reference | undefined;
  /** Resources (or results of variables of the questionnaire) by name. */
  readonly contexts: ReadonlyMap<string, readonly unknown[]>;
  readonly data: readonly Resource[];
  /** Whether the record of this server may be used, as far as the reader sees it. */
  readonly local: boolean;
  /** Who fills in the form. */
  readonly user: string | undefined;
}

/** For who has no request at hand: a page that begins a form. Everything is read through `outside.reader`. */
export async function fillIn(plan: Plan, asked: Asked, outside: Outside): Promise<Populated> {
  const issues: Issue[] = [];
  const subject = asked.subject ?? subjectIn(asked.contexts);
  const launch = await launchFor(plan, { ...asked, subject }, { outside, issues });
  const results = new Map([...asked.contexts].filter(([name]) => !plan.launchContexts.some((context) => context.name === name)));
  const sources = asked.local ? await runSourceQueries(plan, launch, outside) : new Map<string, readonly unknown[]>();
  const variables = new Map([...sources, ...results]);
  const data = asked.data.filter(({ resourceType }) => resourceType === 'Observation') as unknown as Observation[]; // of that type
  const run = (world: Parameters<typeof populate>[1]['world']) => {
    const populated = populate(plan, { world, subject, variables, data, observes: true });
    return { result: populated, openQueries: asked.local ? populated.openQueries : new Set<string>() };
  };
  const populated = await withSearches(run, launch, outside);
  const unread = asked.local ? [] : [...populated.openQueries].map(notAsked);
  return { ...populated, issues: [...issues, ...populated.issues, ...unread] };
}

const notAsked = (query: string): Issue => ({
  severity: 'information',
  code: 'informational',
  text: `The record was not asked for ${query}, since local is false.`,
});

/** Without a subject the patient of the launch contexts is it. */
function subjectIn(contexts: Asked['contexts']): Reference | undefined {
  const { resourceType, id } = asRecord(contexts.get('patient')?.[0]);
  return resourceType === 'Patient' && typeof id === 'string' ? { reference: `Patient/${id}` } : undefined;
}

interface Launching {
  readonly outside: Outside;
  readonly issues: Issue[];
}

/** Those given, and of the rest the patient and the user, where the caller may see them. */
async function launchFor({ launchContexts }: Plan, asked: Asked, { outside, issues }: Launching): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const launch = new Map<string, readonly unknown[]>();
  for (const { name, types } of launchContexts) {
    const found = asked.contexts.get(name) ?? (await usual(name, asked, outside));
    const fitting = found.filter((resource) => types.length === 0 || types.includes(String(asRecord(resource).resourceType)));
    if (fitting.length < found.length) issues.push(wrongType(name, types));
    if (fitting.length > 0) launch.set(name, fitting);
  }
  return launch;
}

const wrongType = (name: string, types: readonly string[]): Issue => ({
  severity: 'warning',
  code: 'invalid',
  text: `What was given as launch context '${name}' is no ${types.join(' or ')}, and was left out.`,
  expression: ['Parameters.parameter'],
});

/** https://hl7.org/fhir/uv/sdc/CodeSystem-launchContext.html */
async function usual(name: string, { subject, user, data, local }: Asked, { reader }: Outside): Promise<readonly unknown[]> {
  const reference = name === 'patient' ? subject?.reference : name === 'user' ? user : undefined;
  const given = data.find(({ resourceType, id }) => `${resourceType}/${id}` === reference);
  if (given !== undefined) return [given];
  const [type = '', id = ''] = (local ? (localRef(reference ?? '') ?? '') : '').split('/');
  const version = id === '' ? undefined : await reader.read(type, id);
  return version === undefined || version.method === 'delete' ? [] : [JSON.parse(version.text)];
}

interface Reading {
  readonly call: Call;
  readonly issues: Issue[];
}

async function contextsIn(given: readonly Given[], plan: Plan, reading: Reading): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const contexts = new Map<string, readonly unknown[]>();
  const data = resourcesIn(the(given, 'data')?.resource);
  for (const { parts } of given.filter(({ name }) => name === 'context' || name === 'launchContext')) {
    const named = the(parts, 'name')?.value;
    const name = typeof named === 'string' ? named : String(asRecord(named).code ?? '');
    if (!isKnown(name, plan)) reading.issues.push(unknownContext(name));
    else contexts.set(name, [...(contexts.get(name) ?? []), ...(await contentOf(parts, data, reading))]);
  }
  return contexts;
}

/** SDC names three: launch contexts, variables at the root, and the results of sourceQueries. */
const isKnown = (name: string, { launchContexts, variables }: Plan): boolean =>
  name === 'sourceQueries' || launchContexts.some((context) => context.name === name) || variables.some((variable) => variable.name === name);

const unknownContext = (name: string): Issue => ({
  severity: 'warning',
  code: 'invalid',
  text: `The questionnaire has no launch context or variable '${name.slice(0, 100)}'; what was given for it was left out.`,
  expression: ['Parameters.parameter'],
});

/** References are followed as the caller may. */
async function contentOf(parts: readonly Given[], data: readonly Resource[], { call, issues }: Reading): Promise<readonly unknown[]> {
  const contents = parts.filter(({ name }) => name === 'content' || name === 'resource');
  const found = await Promise.all(contents.map((content) => content.resource ?? resolve(referenceIn(content), data, call)));
  if (found.includes(undefined)) issues.push(UNREAD);
  return found.filter((resource) => resource !== undefined);
}

const UNREAD: Issue = {
  severity: 'warning',
  code: 'not-found',
  text: 'A reference in a context leads to nothing here, or you may not see it; what follows from it is not filled in.',
  expression: ['Parameters.parameter'],
};

async function resolve(reference: Reference | undefined, data: readonly Resource[], { reader, request }: Call): Promise<unknown> {
  const ref = localRef(reference?.reference ?? '', request.base);
  const given = data.find(({ resourceType, id }) => `${resourceType}/${id}` === ref);
  if (given !== undefined) return given;
  const [type = '', id = ''] = (ref ?? '').split('/');
  const version = id === '' ? undefined : await reader.read(type, id);
  return version === undefined || version.method === 'delete' ? undefined : (JSON.parse(version.text) as unknown);
}

const resourcesIn = (bundle: Resource | undefined): readonly Resource[] =>
  bundle?.resourceType === 'Bundle' && Array.isArray(bundle.entry)
    ? ((bundle as unknown as Bundle).entry?.flatMap(({ resource }) => (resource === undefined ? [] : [resource as unknown as Resource])) ?? []) // resources, whatever their types
    : [];
