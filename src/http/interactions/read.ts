/** https://hl7.org/fhir/R4/http.html#read */
import { FhirError } from '../../fhir/outcome.ts';
import { versionAnswer, versionHeaders, versionUrl } from '../answer.ts';
import { contentAnswer } from '../binary.ts';
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';
import { alreadyHas } from '../preconditions.ts';
import { refuseUnknown } from '../query.ts';
import { shaped, shapeOf } from '../shape.ts';

export async function read({ request, named, reader, services }: Call): Promise<FhirResponse> {
  const { type = '', id = '' } = named;
  refuseUnknown(request, []);
  const version = await reader.read(type, id);
  if (version === undefined) throw new FhirError('not-found', `There is no ${type}/${id} here, or you may not see it.`);
  if (version.method === 'delete')
    throw new FhirError('gone', `${type}/${id} was deleted; its history is at ${type}/${id}/_history.`, { headers: versionHeaders(version) });
  if (alreadyHas(request, version)) return { status: 304, headers: versionHeaders(version), body: '' };
  const content = contentAnswer(request, version);
  if (content !== undefined) return content;
  const answer = versionAnswer(200, version);
  const headers = { ...answer.headers, 'Content-Location': versionUrl(request.base, version) };
  return shaped({ ...answer, headers }, shapeOf(request.query), services.registry);
}
