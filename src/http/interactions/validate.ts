/** https://hl7.org/fhir/R4/resource-operation-validate.html */
import { parseResource } from '../../fhir/json.ts';
import { FhirError, type Issue } from '../../fhir/outcome.ts';
import { printed } from '../../fhir/printed.ts';
import type { Resource } from '../../fhir/resource.ts';
import { outcomeAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';
import { requireJsonBody } from '../negotiate.ts';
import { parametersOf } from '../parameters.ts';
import { placed } from '../placed.ts';
import { refuseUnknown } from '../query.ts';

/**
 * A resource in the body, alone or in Parameters, or the stored one where the path names it. Always 200: the outcome is
 * the answer. What would not be checked is refused, so that nobody takes "all went well" for more than it is.
 */
export async function validate(call: Call): Promise<FhirResponse> {
  refuseUnknown(call.request, ['mode', 'profile']);
  const body = bodyOf(call);
  const asked = askedOf(call, body);
  if (asked.mode === 'delete') return outcomeAnswer(200, await deletable(call));
  const { resource, at } = (asked.mode === 'profile' ? undefined : body.subject) ?? (await stored(call));
  requireType(call, resource);
  const issues = [...(await call.services.validate(resource, call.reader, asked.profiles)), ...idIssues(call, resource, asked.mode)];
  return outcomeAnswer(200, placed(issues, call.request, at));
}

const MODES = ['create', 'update', 'delete', 'profile'] as const;
type Mode = (typeof MODES)[number];

interface Asked {
  readonly mode: Mode | undefined;
  readonly profiles: readonly string[];
}

interface Subject {
  readonly resource: Resource;
  /** FHIRPath of the resource in the body, where it is not the whole of it. */
  readonly at?: string;
}

interface Body {
  readonly subject: Subject | undefined;
  /** Name and value of the parameters beside it. */
  readonly asked: readonly (readonly [string, string])[];
}

function askedOf({ request, named }: Call, body: Body): Asked {
  const pairs = [...request.query, ...body.asked];
  const valuesOf = (name: string): string[] => pairs.flatMap(([key, value]) => (key === name && value !== '' ? [value] : []));
  const [text, ...others] = new Set(valuesOf('mode'));
  const mode = MODES.find((candidate) => candidate === text);
  if ((text !== undefined && mode === undefined) || others.length > 0)
    throw new FhirError(
      'unknown-parameter',
      `mode=${JSON.stringify([text, ...others].join(' ').slice(0, 200))} is not offered; allowed: one of ${MODES.join(', ')}.`,
    );
  const profiles = valuesOf('profile');
  if ((mode === 'delete' || mode === 'profile') && named.id === undefined)
    throw new FhirError('bad-request', `mode=${mode} is about a stored resource; name it in the path, as in Patient/7/$validate?mode=${mode}.`);
  if (mode === 'profile' && profiles.length === 0)
    throw new FhirError('bad-parameter', 'mode=profile needs the parameter profile: the canonical of the profile to check against.');
  return { mode, profiles };
}

function bodyOf({ request, named }: Call): Body {
  if (request.body === '' && request.resource === undefined) return { subject: undefined, asked: [] };
  requireJsonBody(request);
  const body = request.resource ?? parseResource(request.body);
  if (body.resourceType !== 'Parameters' || named.type === 'Parameters') return { subject: { resource: body }, asked: [] };
  const parameters = parametersOf(body);
  const place = parameters.findIndex(({ name }) => name === 'resource');
  const resource = parameters[place]?.resource;
  if (resource === undefined && named.id === undefined)
    throw new FhirError('bad-request', 'Parameters without a parameter "resource": put the resource to validate there.');
  return {
    subject: resource && { resource, at: `Parameters.parameter[${place}].resource` },
    asked: parameters.filter(({ name }) => name !== 'resource').map(({ name, value }) => [name, printed(value)] as const),
  };
}

async function stored({ named, reader }: Call): Promise<Subject> {
  const { type = '', id } = named;
  if (id === undefined)
    throw new FhirError('bad-request', 'The body is empty; send the resource to validate, alone or as the parameter "resource" of Parameters.');
  const version = await reader.read(type, id);
  if (version === undefined || version.method === 'delete') throw new FhirError('not-found', `There is no ${type}/${id} here, or you may not see it.`);
  return { resource: parseResource(version.text) };
}

function requireType({ named }: Call, { resourceType }: Resource): void {
  if (named.type === undefined || resourceType === named.type) return;
  throw new FhirError('bad-request', `The resource is a ${resourceType.slice(0, 100)}, but the URL says ${named.type}.`);
}

/** What a create or an update would make of the id. https://hl7.org/fhir/R4/http.html#update */
function idIssues({ named }: Call, { resourceType, id }: Resource, mode: Mode | undefined): readonly Issue[] {
  const expression = [`${resourceType}.id`];
  if (mode === 'create' && id !== undefined)
    return [{ severity: 'information', code: 'informational', text: 'On create the server gives the id; this one will be replaced.', expression }];
  if (mode !== 'update') return [];
  if (id === undefined)
    return [{ severity: 'error', code: 'required', text: "An update needs the resource's id in the resource.", expression: [resourceType] }];
  if (named.id === undefined || named.id === id) return [];
  return [{ severity: 'error', code: 'value', text: `The id is '${id.slice(0, 64)}', but the URL says '${named.id}'; both must be the same.`, expression }];
}

/** Rehearses the deletion: who may not, or what stands against it, is told as an error. */
async function deletable({ named, services, permit }: Call): Promise<readonly Issue[]> {
  const { type = '', id = '' } = named;
  try {
    const [done] = await services.keeper.commit({ operations: [{ op: 'delete', type, id }], rehearsal: true }, permit);
    if (done?.outcome === 'deleted') return [{ severity: 'information', code: 'informational', text: `${type}/${id} could be deleted.` }];
    return [{ severity: 'error', code: 'not-found', text: `There is no ${type}/${id} here to delete, or you may not see it.` }];
  } catch (error) {
    if (error instanceof FhirError) return error.issues;
    throw error;
  }
}
