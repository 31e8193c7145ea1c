/**
 * An adaptive response carries its Questionnaire inside itself, with the questions asked so far.
 * https://hl7.org/fhir/uv/sdc/adaptive.html
 */
import type { Questionnaire, QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItem } from 'fhir/r4';
import { FhirError } from '../../fhir/outcome.ts';
import { asRecord } from '../value.ts';

/** Throws `invalid` where the response names no contained Questionnaire. */
export function containedQuestionnaire(response: Readonly<QuestionnaireResponse>): Questionnaire {
  const id = response.questionnaire?.startsWith('#') === true ? response.questionnaire.slice(1) : undefined;
  const contained: readonly unknown[] = Array.isArray(response.contained) ? response.contained : [];
  const found = contained.map(asRecord).find((resource) => resource.resourceType === 'Questionnaire' && resource.id === id);
  if (id === undefined || found === undefined) {
    const text = "An adaptive response contains its Questionnaire and names it: contained: [{resourceType: 'Questionnaire', id: 'q', …}], questionnaire: '#q'.";
    throw new FhirError('invalid', text, { expression: 'QuestionnaireResponse.questionnaire' });
  }
  return found as unknown as Questionnaire; // of that resourceType; everything that is read of it is looked at
}

/** Which Questionnaires the contained one may be an excerpt of, the likeliest first: what it is derived from, then its own name. */
export function originsOf({ derivedFrom, url, version }: Questionnaire): string[] {
  const named: readonly unknown[] = Array.isArray(derivedFrom) ? derivedFrom : [];
  const own = typeof url === 'string' ? [version === undefined ? url : `${url}|${version}`] : [];
  return [...named.filter((canonical) => typeof canonical === 'string'), ...own];
}

/** What was answered so far, whichever way it is nested: by linkId, the last where one is there twice. */
export function itemsByLinkId(response: Readonly<QuestionnaireResponse>): ReadonlyMap<string, QuestionnaireResponseItem> {
  const found = new Map<string, QuestionnaireResponseItem>();
  const waiting: unknown[] = [response];
  for (let holder = waiting.pop(); holder !== undefined; holder = waiting.pop()) {
    for (const raw of childrenOf(holder)) {
      const linkId = asRecord(raw).linkId;
      if (typeof linkId === 'string') found.set(linkId, asRecord(raw) as unknown as QuestionnaireResponseItem); // what is read of it is looked at
      waiting.push(raw);
    }
  }
  return found;
}

function childrenOf(holder: unknown): unknown[] {
  const { item, answer } = asRecord(holder);
  const direct = Array.isArray(item) ? item : [];
  const nested = Array.isArray(answer) ? answer.flatMap((one) => asRecord(one).item ?? []) : [];
  return [...direct, ...nested];
}

/** The response with these questions in its Questionnaire, and these answers. */
export function withItems(response: Readonly<QuestionnaireResponse>, items: readonly QuestionnaireItem[], answers: readonly QuestionnaireResponseItem[]) {
  const { item: _, ...bare } = response;
  const asked = containedQuestionnaire(response);
  const contained = (response.contained ?? []).map((resource) =>
    resource.id === asked.id ? { ...asked, ...(items.length > 0 && { item: [...items] }) } : resource,
  );
  return { ...bare, contained, ...(answers.length > 0 && { item: [...answers] }) } as QuestionnaireResponse; // the same response with other contents
}
