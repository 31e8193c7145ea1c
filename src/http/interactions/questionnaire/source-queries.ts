/** A batch of searches that a Questionnaire brings along. https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-sourceQueries.html */
import type { Bundle } from 'fhir/r4';
import { compileFhirPath } from '../../../fhir/fhirpath.ts';
import { FhirError } from '../../../fhir/outcome.ts';
import { embedded } from '../../../questionnaire/expressions.ts';
import { extensionsOf } from '../../../questionnaire/extension.ts';
import type { Plan } from '../../../questionnaire/plan.ts';
import { ask, type Outside } from '../../../record/outside.ts';

type Launch = ReadonlyMap<string, readonly unknown[]>;

/** More than any form asks for. */
const MOST_QUERIES = 50;

/** The results, as a Bundle of Bundles: under the id of the batch, and as `sourceQueries`. */
export async function runSourceQueries({ questionnaire }: Plan, launch: Launch, outside: Outside): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const results = new Map<string, readonly unknown[]>();
  for (const { valueReference } of extensionsOf(questionnaire, 'sourceQueries')) {
    const batch = await batchOf(valueReference?.reference ?? '', questionnaire.contained ?? [], outside);
    if (batch === undefined) continue;
    const entry = await Promise.all((batch.entry ?? []).slice(0, MOST_QUERIES).map(({ request }) => answer(request?.url ?? '', launch, outside)));
    const result = { resourceType: 'Bundle', type: 'batch-response', entry };
    results.set(batch.id ?? '', [result]);
    results.set('sourceQueries', [result]);
  }
  return results;
}

async function batchOf(
  reference: string,
  contained: readonly { readonly resourceType: string; readonly id?: string | undefined }[],
  { reader }: Outside,
): Promise<Bundle | undefined> {
  const inside = contained.find(({ resourceType, id }) => resourceType === 'Bundle' && reference === `#${id}`);
  if (inside !== undefined) return inside as Bundle; // of that type
  const [type, id = ''] = reference.split('/');
  const version = type === 'Bundle' && id !== '' ? await reader.read('Bundle', id) : undefined;
  return version === undefined || version.method === 'delete' ? undefined : (JSON.parse(version.text) as Bundle); // of that type
}

/** A search, or one resource by its id; nothing where an expression in it comes to nothing. */
async function answer(url: string, launch: Launch, outside: Outside): Promise<object> {
  const query = filledIn(url, launch);
  if (query === undefined) return {};
  const [type = '', id, ...more] = query.split('/');
  if (id !== undefined && more.length === 0 && !query.includes('?')) {
    const version = await outside.reader.read(type, id);
    return version === undefined || version.method === 'delete' ? {} : { resource: JSON.parse(version.text) as unknown };
  }
  const [resource] = await ask(query, outside);
  return resource === undefined ? {} : { resource };
}

/** With the expressions in `{{…}}` worked out over the launch contexts. */
function filledIn(url: string, launch: Launch): string | undefined {
  let query = '';
  let from = 0;
  for (const { expression, start, end } of embedded(url)) {
    const values = valuesOf(expression, launch);
    if (values.length === 0) return undefined;
    query += url.slice(from, start) + values.map((value) => encodeURIComponent(String(value))).join(',');
    from = end;
  }
  return query + url.slice(from);
}

function valuesOf(expression: string, launch: Launch): readonly unknown[] {
  try {
    return compileFhirPath(expression)({}, Object.fromEntries(launch));
  } catch (error) {
    if (error instanceof FhirError) return [];
    throw error;
  }
}
