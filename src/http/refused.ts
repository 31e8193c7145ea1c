/** What a patient said is not lost to a fault of the request around it: a wrong URL, id, parameter or header. */
import { parseJson } from '../fhir/json.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Call } from './call.ts';
import { commitFor } from './commit.ts';
import type { FhirRequest } from './message.ts';

/** Does the work of a write. Where it is refused, urgent answers in the body are kept aside, and the refusal says so. */
export async function keepingAnswers<T>(call: Call, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    const operations = answersIn(call.request).map((resource) => ({ op: 'create', resource }) as const);
    throw operations.length === 0 ? error : await call.services.keeper.keepAside(error, commitFor(call, operations), call.permit);
  }
}

function answersIn(request: FhirRequest): Resource[] {
  const body = request.resource ?? readable(request.body);
  const entries = isObject(body) && Array.isArray(body.entry) ? body.entry.map((entry: unknown) => (isObject(entry) ? entry.resource : undefined)) : [];
  return [body, ...entries].filter(isAnswer);
}

function readable(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined; // what cannot be read is why it was refused
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const isAnswer = (value: unknown): value is Resource => isObject(value) && value.resourceType === 'QuestionnaireResponse';
