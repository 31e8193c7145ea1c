/** `$load-package`, `$unload-package`, `$packages`: operations of this project. See docs/packages.md. */
import type { Parameters, ParametersParameter } from 'fhir/r4';
import { parseResource, printJson } from '../../fhir/json.ts';
import { FhirError } from '../../fhir/outcome.ts';
import { printed } from '../../fhir/printed.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Given, LoadOptions, PackageListed } from '../../packages/packages.ts';
import { jsonAnswer, outcomeAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import type { FhirRequest, FhirResponse } from '../message.ts';
import { requireJsonBody } from '../negotiate.ts';
import { parametersOf, withParameters } from '../parameters.ts';
import { refuseUnknown } from '../query.ts';

const EXPECTED =
  'Send the .tgz itself (Content-Type application/gzip), a Binary that holds it, or Parameters with a parameter "package" (such a Binary) or "resource" (a definition) for each.';

/** Everything that is given, or nothing of it. */
export async function loadPackage(call: Call): Promise<FhirResponse> {
  refuseUnknown(call.request, ['missing', 'faulty']);
  const { given, ...options } = wanted(call.request);
  return outcomeAnswer(200, await call.services.packages.load(given, options, call.permit));
}

export async function unloadPackage(call: Call): Promise<FhirResponse> {
  const { query } = withParameters(call.request);
  refuseUnknown({ ...call.request, query }, ['name', 'version']);
  const [name, version] = [query.get('name'), query.get('version')];
  if (name === null || version === null)
    throw new FhirError('bad-request', 'Say which: the parameters name (hl7.fhir.us.core) and version (6.1.0) are both needed.');
  return outcomeAnswer(200, await call.services.packages.unload(name, version, call.permit));
}

export async function listPackages(call: Call): Promise<FhirResponse> {
  refuseUnknown(call.request, []);
  const listed = await call.services.packages.list();
  const parameters: Parameters = { resourceType: 'Parameters', ...(listed.length === 0 ? {} : { parameter: listed.map(parameterFor) }) };
  return jsonAnswer(200, JSON.stringify(parameters));
}

function parameterFor({ name, version, canonical, title, resources, dependencies }: PackageListed): ParametersParameter {
  return {
    name: 'package',
    part: [
      { name: 'name', valueString: name },
      { name: 'version', valueString: version },
      ...(canonical === '' ? [] : [{ name: 'canonical', valueUri: canonical }]),
      ...(title === '' ? [] : [{ name: 'title', valueString: title }]),
      { name: 'resources', valueInteger: resources },
      ...dependencies.map((dependency) => ({ name: 'dependency', valueString: `${dependency.name}#${dependency.version}` })),
    ],
  };
}

interface Wanted extends LoadOptions {
  readonly given: readonly Given[];
}

function wanted(request: FhirRequest): Wanted {
  if (request.bytes !== undefined) return { given: [{ archive: request.bytes, name: '' }], ...optionsIn(request.query) };
  if (request.body === '' && request.resource === undefined) throw new FhirError('bad-request', `The body is empty. ${EXPECTED}`);
  requireJsonBody(request);
  const body = request.resource ?? parseResource(request.body);
  if (body.resourceType !== 'Parameters') return { given: givenIn([['', body]]), ...optionsIn(request.query) };
  const parameters = parametersOf(body);
  const options = parameters.filter(({ name }) => name === 'missing' || name === 'faulty');
  const query = new URLSearchParams([...request.query, ...options.map(({ name, value }): [string, string] => [name, printed(value)])]);
  const resources = parameters.flatMap((parameter, at) => (options.includes(parameter) ? [] : [givenBy(parameter, `parameter[${at}]`)]));
  return { given: givenIn(resources), ...optionsIn(query) };
}

function givenBy({ name, resource, value }: ReturnType<typeof parametersOf>[number], place: string): readonly [string, Resource] {
  if (name !== 'package' && name !== 'resource')
    throw new FhirError('unknown-parameter', `There is no parameter ${JSON.stringify(name.slice(0, 100))}. ${EXPECTED}`, { expression: `Parameters.${place}` });
  if (resource !== undefined) return [place, resource];
  if (name === 'package' && typeof value === 'string') return [place, { resourceType: 'Binary', data: value }];
  throw new FhirError('bad-request', `The parameter "${name}" has no resource. ${EXPECTED}`, { expression: `Parameters.${place}` });
}

const optionsIn = (query: URLSearchParams): LoadOptions => ({
  missing: optionIn(query, 'missing', ['refuse', 'warn']),
  faulty: optionIn(query, 'faulty', ['refuse', 'leave-out']),
});

/** The first is what is meant where nothing is said. */
function optionIn<Value extends string>(query: URLSearchParams, name: string, allowed: readonly [Value, ...Value[]]): Value {
  const asked = query.get(name) ?? allowed[0];
  const found = allowed.find((one) => one === asked);
  if (found !== undefined) return found;
  throw new FhirError('bad-parameter', `${name}=${JSON.stringify(asked.slice(0, 100))} is not known; allowed: ${allowed.join(', ')}.`);
}

/** Single definitions are one thing given, so that they may build on each other. */
function givenIn(resources: readonly (readonly [place: string, resource: Resource])[]): Given[] {
  const packages = resources
    .filter(([, { resourceType }]) => resourceType === 'Binary')
    .map(([place, binary]): Given => ({ archive: bytesOf(binary), name: place }));
  const files = resources
    .filter(([, { resourceType }]) => resourceType !== 'Binary')
    .map(([place, resource]) => ({ path: place === '' ? resource.resourceType : `${place} (${resource.resourceType})`, text: printJson(resource) }));
  return files.length === 0 ? packages : [...packages, { files }];
}

function bytesOf({ data }: Resource): Uint8Array {
  const text = typeof data === 'string' ? data.replace(/\s+/g, '') : '';
  if (text !== '' && /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0) return Buffer.from(text, 'base64');
  throw new FhirError('bad-request', 'The Binary has no data in base64, or it is not base64.', { expression: 'Binary.data' });
}
